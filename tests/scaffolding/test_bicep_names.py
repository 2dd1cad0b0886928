"""Names and values in Bicep files: what is wrong is found, and what only a compiler could know is let pass."""

from __future__ import annotations

from pycep import BicepParser

from scaffolding.bicep_names import problems

SCHEDULER = """
param location string
param skuName string
resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: 'dts'
  location: location
  properties: {
    ipAllowlist: ['0.0.0.0/0']
    sku: {
      name: 'Consumption'
    }
  }
}
"""
ASSIGNMENT = """
param principal string
resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in ['a', 'b']: {
    name: guid(role)
    properties: {
      roleDefinitionId: role
      principalId: principal
      principalType: 'ServicePrincipal'
    }
  }
]
"""


def found(text: str) -> list[str]:
    """What is wrong with a Bicep file, cut off before the lists of what would be right."""
    document = BicepParser().parse(text=text)
    return [problem.partition(";")[0].partition(", and can be")[0] for problem in problems(document)]


def test_what_is_right_has_no_problems() -> None:
    assert found(SCHEDULER) == []
    assert found(ASSIGNMENT) == []


def test_a_property_that_does_not_exist_is_found_with_its_place() -> None:
    assert found(SCHEDULER.replace("ipAllowlist", "ipAllowList")) == [
        "scheduler.properties.ipAllowList is no property of it",
        "scheduler.properties.ipAllowlist is missing",
    ]


def test_a_value_that_is_not_on_the_list_is_found_but_a_parameter_is_let_pass() -> None:
    assert found(SCHEDULER.replace("'Consumption'", "'Basic'")) == ["scheduler.properties.sku.name is 'Basic'"]
    assert found(SCHEDULER.replace("'Consumption'", "skuName")) == []


def test_what_azure_alone_sets_is_found() -> None:
    text = SCHEDULER.replace("    sku: {", "    endpoint: 'https://x'\n    sku: {")

    assert found(text) == ["scheduler.properties.endpoint cannot be set"]


def test_resources_in_a_loop_and_models_of_the_older_kind_are_looked_into() -> None:
    assert found(ASSIGNMENT.replace("      principalId: principal\n", "")) == [
        "access.properties.principalId is missing"
    ]
    assert found(ASSIGNMENT.replace("principalType", "principleType")) == [
        "access.properties.principleType is no property of it"
    ]


def test_a_kind_of_resource_without_a_model_is_told() -> None:
    text = "resource cache 'Microsoft.Cache/redis@2024-11-01' = {\n  name: 'cache'\n}\n"

    assert found(text) == ["cache: no model is known of Microsoft.Cache/redis"]
