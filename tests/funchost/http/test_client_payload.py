"""The text of a durable client binding, and that the SDK takes it."""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from funchost.app.index import Binding
from funchost.http.client_payload import ManagementAddress, client_binding_text

ADDRESS = ManagementAddress(
    base_url="http://localhost:7071/runtime/webhooks/durabletask",
    rpc_base_url="http://127.0.0.1:17071/durabletask/",
    task_hub="MyHub",
    key="secret/key==",
)
PLAIN = Binding(name="client", type="durableClient", direction="in")


def test_the_payload_is_the_extensions_key_by_key() -> None:
    base = "http://localhost:7071/runtime/webhooks/durabletask"
    query = "taskHub=MyHub&connection=Storage&code=secret%2Fkey%3D%3D"
    assert json.loads(client_binding_text(ADDRESS, PLAIN)) == {
        "taskHubName": "MyHub",
        "connectionName": None,
        "creationUrls": {
            "createNewInstancePostUri": (
                f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?code=secret%2Fkey%3D%3D"
            ),
            "createAndWaitOnNewInstancePostUri": (
                f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?timeout={{timeoutInSeconds}}"
                "&pollingInterval={intervalInSeconds}&code=secret%2Fkey%3D%3D"
            ),
        },
        "managementUrls": {
            "id": "INSTANCEID",
            "statusQueryGetUri": f"{base}/instances/INSTANCEID?{query}",
            "sendEventPostUri": f"{base}/instances/INSTANCEID/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/instances/INSTANCEID/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/instances/INSTANCEID/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}/instances/INSTANCEID?{query}",
            "restartPostUri": f"{base}/instances/INSTANCEID/restart?{query}",
            "suspendPostUri": f"{base}/instances/INSTANCEID/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/instances/INSTANCEID/resume?reason={{text}}&{query}",
        },
        "baseUrl": base,
        "requiredQueryStringParameters": "code=secret%2Fkey%3D%3D",
        "rpcBaseUrl": "http://127.0.0.1:17071/durabletask/",
        "httpBaseUrl": None,
    }


def test_a_binding_may_name_another_hub_and_connection() -> None:
    properties = {"taskHub": "Other", "connectionName": "MyStorage"}
    binding = Binding(name="client", type="orchestrationClient", direction="in", properties=properties)
    payload = json.loads(client_binding_text(ADDRESS, binding))
    assert (payload["taskHubName"], payload["connectionName"]) == ("Other", "MyStorage")
    assert "taskHub=Other&connection=MyStorage&" in payload["managementUrls"]["statusQueryGetUri"]


def test_the_sdk_makes_its_check_status_response_from_it() -> None:
    client = df.DurableOrchestrationClient(client_binding_text(ADDRESS, PLAIN))
    request = func.HttpRequest(method="POST", url="http://box:7075/api/start", body=b"")
    response = client.create_check_status_response(request, "abc")
    assert response.status_code == 202
    body = json.loads(response.get_body())
    assert [*body] == [
        "id",
        "statusQueryGetUri",
        "sendEventPostUri",
        "terminatePostUri",
        "rewindPostUri",
        "purgeHistoryDeleteUri",
        "restartPostUri",
        "suspendPostUri",
        "resumePostUri",
    ]
    assert body["id"] == "abc"
    assert body["statusQueryGetUri"].startswith("http://box:7075/runtime/webhooks/durabletask/instances/abc?")
