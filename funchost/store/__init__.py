"""The task hub at rest: contract, schema, migrations, and every SQL statement."""
