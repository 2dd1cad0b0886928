"""Ten labs that teach durable workflows, and the command that hands them out and marks them."""
