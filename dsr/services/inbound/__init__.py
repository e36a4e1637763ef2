"""Letters that come by mail: kept first, then understood, then dealt with by people."""
