"""What goes in and what comes out, as models: they read, they write, and the description is made from them."""
