"""What may go wrong between services, named by what the caller must do."""


class ServiceUnavailable(Exception):
    """Another service could not be reached or is not ready: wait and try again."""
