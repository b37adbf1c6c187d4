"""What an operator of a cluster makes experiments with, when it was told to make any."""

import os

from praetor.guard.addresses import ALLOWED_NETWORKS
from praetor.kube.client import KubeClient
from praetor.substrates.chaos.jobs import JobDeadmen, PodSettings
from praetor.substrates.chaos.lab import Lab
from praetor.substrates.chaos.site import SiteGround
from praetor.substrates.chaos.workloads import WorkloadGround

IMAGE_VARIABLE = "PRAETOR_CHAOS_IMAGE"
PULL_POLICY_VARIABLE, PULL_SECRETS_VARIABLE = "PRAETOR_CHAOS_PULL_POLICY", "PRAETOR_CHAOS_PULL_SECRETS"


def chaos_lab(client: KubeClient) -> Lab | None:
    """None, and no experiments, unless PRAETOR_CHAOS_IMAGE names the image of their dead-men: ours."""
    image = os.environ.get(IMAGE_VARIABLE, "")
    if not image:
        return None
    settings = PodSettings(
        image=image,
        pull_policy=os.environ.get(PULL_POLICY_VARIABLE) or "IfNotPresent",
        pull_secrets=tuple(name for name in os.environ.get(PULL_SECRETS_VARIABLE, "").split(",") if name),
        environment={name: os.environ[name] for name in (ALLOWED_NETWORKS,) if os.environ.get(name)},
    )
    return Lab({"Site": SiteGround(), "Cluster": WorkloadGround(client)}, JobDeadmen(client, settings))
