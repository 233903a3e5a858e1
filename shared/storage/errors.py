"""What can go wrong with the database, named by what the caller must do."""


class StorageError(Exception):
    """The database did not do what was asked."""


class Busy(StorageError):
    """The database is locked by another writer: try the whole transaction again."""


class StorageUnavailable(StorageError):
    """The database cannot be reached: wait and try again."""


class DiskFull(StorageUnavailable):
    """The disk of the database is full: nothing can be written until somebody makes room."""


class Conflict(StorageError):
    """Another writer was first: load again and decide again."""
