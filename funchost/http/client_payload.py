"""What a durable client binding hands to a function: one JSON text from which the SDK builds its client.

The SDK makes every URL by replacing the id's placeholder as plain text, without URL encoding, so the
placeholder occurs nowhere else. Source: ``DurableOrchestrationBindings`` of azure-functions-durable 1.7.0 and
``BindingHelper.cs`` of the extension.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from funchost.app.index import Binding
from funchost.wire.management import encode_management_urls, encode_url_part

ID_PLACEHOLDER = "INSTANCEID"
DEFAULT_CONNECTION = "Storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementAddress:
    """Where the management API of this host is reached, and what its URLs carry.

    ``base_url`` is ``http://localhost:7071/runtime/webhooks/durabletask``, ``rpc_base_url`` is
    ``http://127.0.0.1:17071/durabletask/`` with the slash that the SDK needs. ``key`` stands in ``code=``; it is
    not checked, as it is not on a local Core Tools.
    """

    base_url: str
    rpc_base_url: str
    task_hub: str
    key: str
    connection: str = DEFAULT_CONNECTION

    def query(self, task_hub: str | None = None, connection: str | None = None) -> str:
        """Hub, connection and key, in this order, as every management URL carries them."""
        hub, storage = task_hub or self.task_hub, connection or self.connection
        return f"taskHub={encode_url_part(hub)}&connection={encode_url_part(storage)}&{self.key_query}"

    @property
    def key_query(self) -> str:
        return f"code={encode_url_part(self.key)}"


def client_binding_text(address: ManagementAddress, binding: Binding) -> str:
    """The text for one ``durableClient`` (or v1 ``orchestrationClient``) binding.

    A binding may name another task hub or connection, which its URLs then carry.
    """
    task_hub = str(binding.properties.get("taskHub") or "") or address.task_hub
    connection = str(binding.properties.get("connectionName") or "") or None
    start = f"{address.base_url}/orchestrators/{{functionName}}[/{{instanceId}}]"
    wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
    urls = encode_management_urls(address.base_url, ID_PLACEHOLDER, address.query(task_hub, connection))
    payload = {
        "taskHubName": task_hub,
        "connectionName": connection,
        "creationUrls": {
            "createNewInstancePostUri": f"{start}?{address.key_query}",
            "createAndWaitOnNewInstancePostUri": f"{start}?{wait}&{address.key_query}",
        },
        "managementUrls": {"id": ID_PLACEHOLDER, **urls},
        "baseUrl": address.base_url,
        "requiredQueryStringParameters": address.key_query,
        "rpcBaseUrl": address.rpc_base_url,
        "httpBaseUrl": None,
    }
    return json.dumps(payload, separators=(",", ":"))
