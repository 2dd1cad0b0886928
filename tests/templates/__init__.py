"""The templates: what they bake, how they are reached, what their hooks and scripts do."""
