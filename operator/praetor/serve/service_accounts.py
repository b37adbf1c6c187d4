"""Callers that the API server knows: TokenReview, then SubjectAccessReview on Praetor's objects."""

from praetor.kube.access import AccessReviewer, Deed, User
from praetor.store.kubernetes import RESOURCES
from praetor.web.callers import Access, ServiceAccounts


def service_account_check(reviewer: AccessReviewer) -> ServiceAccounts[User]:
    """Lets in whoever may do to the objects what the request wants of them."""

    async def may(user: User, access: Access) -> bool:
        deed = Deed(access.verb, RESOURCES[access.kind], access.namespace, access.name)
        return await reviewer.may(user, deed)

    return ServiceAccounts(reviewer.user_of, may, lambda user: user.name)
