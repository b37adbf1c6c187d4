"""What every store promises; a test module subclasses it and gives the fixtures `store` and `namespace`."""

from tests.support.store_contract.beside import Artifacts, Events
from tests.support.store_contract.reading import CreateAndRead, Find, Refusals
from tests.support.store_contract.writing import Delete, Update


class StoreContract(CreateAndRead, Refusals, Find, Update, Delete, Artifacts, Events):
    """All of it."""
