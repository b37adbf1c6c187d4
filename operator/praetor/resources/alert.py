"""The alert inside an IncidentRun, as the gateway normalised it: text of others, data and never orders."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from praetor.resources.wire import Time, Wire

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 2000
GROUP_KEY_LIMIT = 1000
SERVICE_LIMIT = 253
SEVERITY_LIMIT = 63
KEY_LIMIT = 100
LABELS_LIMIT = 24
LABEL_LIMIT = 200
ANNOTATIONS_LIMIT = 12
ANNOTATION_LIMIT = 500

_Key = Annotated[str, StringConstraints(max_length=KEY_LIMIT)]
_Label = Annotated[str, StringConstraints(max_length=LABEL_LIMIT)]
_Annotation = Annotated[str, StringConstraints(max_length=ANNOTATION_LIMIT)]


class Alert(Wire):
    """An alert of a monitoring system. Longer texts were cut to these limits by the gateway."""

    source: str = Field(
        min_length=1,
        max_length=30,
        pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
        description="The kind of system that sent it, for example `alertmanager`.",
    )
    group_key: str = Field(
        min_length=1, max_length=GROUP_KEY_LIMIT, description="What the sender calls the group of this alert."
    )
    title: str = Field(min_length=1, max_length=TITLE_LIMIT, description="The alert in one line.")
    description: str | None = Field(None, max_length=DESCRIPTION_LIMIT, description="The alert at length.")
    service: str | None = Field(
        None, max_length=SERVICE_LIMIT, description="The service that the alert is about, if it names one."
    )
    severity: str | None = Field(
        None, max_length=SEVERITY_LIMIT, description="How urgent the sender finds it, in the sender's words."
    )
    status: Literal["firing", "resolved"] = Field("firing", description="Whether it was firing when the run was made.")
    scenario: str | None = Field(
        None, max_length=63, description="The scenario that the sender names; it is rehearsed without classifying."
    )
    labels: dict[_Key, _Label] = Field(
        default_factory=dict, max_length=LABELS_LIMIT, description="The labels that identify the alert."
    )
    annotations: dict[_Key, _Annotation] = Field(
        default_factory=dict,
        max_length=ANNOTATIONS_LIMIT,
        description="What the sender's authors wrote about it.",
    )
    starts_at: Time | None = Field(None, description="Since when it fires.")
