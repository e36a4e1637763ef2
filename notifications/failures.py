"""What a channel raises when a message did not go: whether another try can help, and a word for the reason."""


class TemporaryFailure(Exception):
    """The message did not go, and may go later. `unreachable`: nor will the next message go now."""

    def __init__(self, code: str, *, unreachable: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.unreachable = unreachable


class PermanentFailure(Exception):
    """The message will not go, however often it is tried."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
