"""What an operator makes once in a new cloud, by openstacksdk: the user of glance, and glance in the catalog."""

from openstack.connection import Connection

cloud = Connection(
    auth={
        "auth_url": "http://127.0.0.1:5000/v3", "username": "admin", "password": "proof", "project_name": "admin",
        "user_domain_name": "Default", "project_domain_name": "Default",
    },
    region_name="RegionOne", identity_interface="public",
)
project = cloud.identity.create_project(name="service", domain_id="default")
user = cloud.identity.create_user(name="glance", password="proof", domain_id="default")
[admin] = [role for role in cloud.identity.roles() if role.name == "admin"]
cloud.identity.assign_project_role_to_user(project, user, admin)
service = cloud.identity.create_service(name="glance", type="image")
for interface in ("public", "internal", "admin"):
    cloud.identity.create_endpoint(
        service_id=service.id, interface=interface, url="http://127.0.0.1:9292", region_id="RegionOne"
    )
