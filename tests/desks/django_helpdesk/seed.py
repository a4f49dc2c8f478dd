"""A queue, an agent, the portal's account and the custom fields that docs/connecting.md asks for."""

import django

django.setup()

from django.contrib.auth.models import User
from helpdesk.models import CustomField, Queue
from rest_framework.authtoken.models import Token

TOKENS = {
    "portal": "1111111111111111111111111111111111111111",
    "agent": "2222222222222222222222222222222222222222",
}

for name, token in TOKENS.items():
    user = User.objects.create_user(name, f"{name}@helpdesk.test", f"{name}-password-1", is_staff=True)
    user.is_superuser = True
    user.save()
    Token.objects.create(user=user, key=token)
    print(name, user.pk)

agent = User.objects.get(username="agent")
agent.first_name, agent.last_name = "Ada", "Agent"
agent.save()

for slug in ("support", "complaints"):
    queue = Queue.objects.create(title=slug.title(), slug=slug, allow_public_submission=True)
    print(slug, queue.pk)

for name, label in (("portal_key", "Portal key"), ("portal_state", "Portal state"), ("order_number", "Order number")):
    CustomField.objects.create(name=name, label=label, data_type="varchar", max_length=200, required=False)
