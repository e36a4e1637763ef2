"""Letters by mail: how a mailbox is read, how a message is understood, and what is proposed. Knows no requests."""
