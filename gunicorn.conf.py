"""How gunicorn serves the project: threads, so that slow clients do not block others; sendfile for folder stores."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
wsgi_app = "inventory.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 8
keepalive = 30
# It would open a socket in the home folder.
control_socket_disable = True
