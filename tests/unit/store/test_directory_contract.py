from tests.support.store_contract import StoreContract


class TestDirectoryStore(StoreContract):
    """The directory keeps the contract of stores."""
