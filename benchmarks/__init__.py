"""What funchost costs beside the SDK's own work and beside other durable engines; ``nox -s bench`` runs it."""
