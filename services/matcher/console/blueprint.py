"""The console's pages hang on this blueprint; who may do what stands here once."""

from flask import Blueprint

from services.matcher.console.accounts.coordinators import ADMINISTRATOR, COORDINATOR, VIEWER
from shared.web.policy import policy

console = Blueprint(
    "console",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/console",
)
anybody = policy("public")
may_look = policy(f"coordinator:{VIEWER}")
may_decide = policy(f"coordinator:{COORDINATOR}")
may_administer = policy(f"coordinator:{ADMINISTRATOR}")
