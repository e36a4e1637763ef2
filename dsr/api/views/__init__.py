"""The calls of the interface, one module per resource."""
