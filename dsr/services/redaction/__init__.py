"""Taking out of an answer what is about others: marked by one, looked over by another, proved on what was built."""
