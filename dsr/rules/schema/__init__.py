"""What a rule file may say. Every table is a frozen model that refuses keys, types and words it does not know."""
