"""What a request is, and what each of its moves stamps: a module for each part of the lifecycle table."""
