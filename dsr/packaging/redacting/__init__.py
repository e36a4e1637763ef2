"""Takes out of what is handed over what is about others, and proves on the finished result that it is gone."""
