"""What a choice comes to: pure computation on what was recorded, so that the state of any past moment can be told."""
