"""What the commands of ``funchost`` do, beside ``start``: arguments in, answers from a task hub out."""
