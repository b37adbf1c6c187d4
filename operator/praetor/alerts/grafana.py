"""Grafana's alerting webhook: Alertmanager's body with more fields, grouped by its groupKey.

Format: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from pydantic import ValidationError

from praetor.alerts.alertmanager import GroupBody, explained, group_notification
from praetor.alerts.delivery import Delivery
from praetor.alerts.notification import Notification

SOURCE = "grafana"


def read(delivery: Delivery) -> Notification:
    """Raises NotificationError that names the first field that is wrong."""
    try:
        wire = GroupBody.model_validate_json(delivery.body)
    except ValidationError as problem:
        raise explained(problem) from None
    return group_notification(SOURCE, (wire.group_key,), wire)
