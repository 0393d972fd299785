"""Settings: everything comes from the environment, and nothing has to be set.

The variables are described in docs/configuration.md.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from inventory import environment as env
from inventory import origins, private_files
from inventory.logs import logging_config

# Some classes of Django and REST framework are generic for type checkers only; this is the public way of django-stubs
# to let annotations such as ModelAdmin[Part] stand in code that runs.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("INVENTORY_DATA_DIR", BASE_DIR / "var")
# Read by the Prometheus client, which would end with a stack trace.
env.writable_folder("PROMETHEUS_MULTIPROC_DIR")

# --- Security -----------------------------------------------------------------------------------

DEBUG = env.boolean("DJANGO_DEBUG", default=False)
# Several machines may serve one PostgreSQL database. A key that each makes for itself would differ, without a word.
SECRET_KEY = env.secret_key(
    "DJANGO_SECRET_KEY",
    DATA_DIR / "secret_key",
    may_be_made=DEBUG or not env.text("DATABASE_URL").startswith(("postgres", "pgsql")),
)
SECRET_KEY_FALLBACKS = env.words("DJANGO_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = origins.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = origins.CSRF_TRUSTED_ORIGINS
SCRIPT_NAME = origins.SCRIPT_NAME
USE_X_FORWARDED_PREFIX = env.boolean("USE_X_FORWARDED_PREFIX", default=False)
HTTPS = env.boolean("DJANGO_HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # What asks for these is beside the server, not behind the proxy, and has to hear the answer.
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "inventory.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
LOGIN_URL = "admin:login"
# Whoever logs in without a page in mind; not everybody may see the admin.
LOGIN_REDIRECT_URL = "start"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Guessed passwords are counted for a name and an address together: by the name alone anybody could lock anybody out.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_FAILURE_LIMIT = env.positive_integer("LOGIN_FAILURE_LIMIT", 10)
LOGIN_LOCKOUT_MINUTES = env.positive_integer("LOGIN_LOCKOUT_MINUTES", 15)
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", ["127.0.0.1", "::1"])
AXES_FAILURE_LIMIT = LOGIN_FAILURE_LIMIT
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCKOUT_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Who goes on trying does not wait longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "inventory.throttle.client_ip"
AXES_LOCKOUT_CALLABLE = "inventory.throttle.locked_out"
# It would grow with every login, for ever.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Login by OpenID Connect, beside local accounts, when there is an issuer.
OIDC_ISSUER = env.url("OIDC_ISSUER") or ""
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, which the provider gives.")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
OIDC_SCOPES = env.text("OIDC_SCOPES", "openid profile email")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_ALLOWED_GROUPS = env.words("OIDC_ALLOWED_GROUPS")
OIDC_STAFF_GROUPS = env.words("OIDC_STAFF_GROUPS")
OIDC_ADMIN_GROUPS = env.words("OIDC_ADMIN_GROUPS")
# For pages. What is under /api/ is no page: contents have a policy of their own (cas.serving), the rest is JSON.
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/api/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # blob: shows a picture before it is sent.
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# No login and no CSRF: for one person on a trusted network.
INVENTORY_OPEN_API = env.boolean("INVENTORY_OPEN_API", default=False)
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- Applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Before the admin, whose base template it extends.
    "inventory",
    "inventory.admin_apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_prometheus",
    "django_structlog",
    "import_export",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "inventory.admin_apps.LoginsConfig",
    "core",
    "cas",
    "attachments",
    "parts",
    "stock",
    "kits",
    "backups",
]
MIDDLEWARE = [
    "inventory.prefix.PrefixMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "inventory.middleware.RequestLogMiddleware",
    "inventory.middleware.DrainMiddleware",
    "cas.uploads.DiscardUploadsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "inventory.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "inventory.middleware.LengthRequiredMiddleware",
    "inventory.middleware.CrossSiteWriteMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.actors.RequestUserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "inventory.middleware.ApiMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "inventory.urls"
WSGI_APPLICATION = "inventory.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en-gb"
# Of pages. The API has UTC.
TIME_ZONE = env.time_zone("TIME_ZONE")
USE_TZ = True
# Moments with the name of their zone.
FORMAT_MODULE_PATH = ["inventory.formats"]
STATIC_URL = "static/"
# Elsewhere where the program is not writable and they were collected with it, as in the image.
STATIC_ROOT = Path(env.text("INVENTORY_STATIC_DIR", str(DATA_DIR / "static"))).resolve()

# --- The frontend ---------------------------------------------------------------------------------

# Its event stream is a process of its own (inventory.stream); the web server knows only where it is.
STREAM_PORT = origins.STREAM_PORT
FRONTEND_DIR = env.existing_folder("FRONTEND_DIR")

# --- Database -------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")


def _database() -> dict[str, Any]:
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    if database["ENGINE"] not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")
    # A connection is kept for a while: with SQLite, too, to make one takes longer than most requests.
    database["CONN_MAX_AGE"] = 60
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE waits for the write lock; the default fails at once when a read turns into a write.
        if database["NAME"] != ":memory:":
            private_files.close_database(Path(database["NAME"]))
        # Django's, with writers who take turns.
        database["ENGINE"] = "core.sqlite"
        database["OPTIONS"] = database.get("OPTIONS", {}) | {
            # Longer than the store may take for an upload that seldom has to hold the write lock meanwhile.
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            # Pages are read where the kernel has them, instead of being copied: searches take half the time.
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA mmap_size={2**30}",
        }
    else:
        database["CONN_HEALTH_CHECKS"] = True
        # An upload's transaction is idle while the store is looked at; a stricter server must not cut it off. The blob
        # protocol needs the isolation level, whatever the server or the role prefers.
        demands = "-c idle_in_transaction_session_timeout=600000 -c default_transaction_isolation=read\\ committed"
        options = database.setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} {demands}".strip()
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# In the database, because every process of every server has to see the same: limits of one person's requests, figures.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "inventory_cache"}}

# --- Bytes ----------------------------------------------------------------------------------------

MEGABYTE = 1_000_000
AWS_STORAGE_BUCKET_NAME = env.text("AWS_STORAGE_BUCKET_NAME")
_S3_CONNECTION = {
    "bucket_name": AWS_STORAGE_BUCKET_NAME,
    "endpoint_url": env.url("AWS_S3_ENDPOINT_URL"),
    "access_key": env.text("AWS_ACCESS_KEY_ID") or None,
    "secret_key": env.text("AWS_SECRET_ACCESS_KEY") or None,
    "region_name": env.text("AWS_S3_REGION_NAME") or None,
}
_LEGACY_DIR = env.text("INVENTORY_LEGACY_DIR")
STAGING_DIR = DATA_DIR / "staging"
# The keys of cas.storage.s3.CHECKSUMS.
_CHECKSUMS = ("sha256", "md5", "none")
AWS_S3_CHECKSUM = env.one_of("AWS_S3_CHECKSUM", _CHECKSUMS, "sha256")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "inventory.static_files.StaticFilesStorage"},
    "cas": (
        {
            "BACKEND": "cas.storage.S3CASStorage",
            "OPTIONS": {
                **_S3_CONNECTION,
                "staging_dir": STAGING_DIR,
                "checksum": AWS_S3_CHECKSUM,
            },
        }
        if AWS_STORAGE_BUCKET_NAME
        else {
            "BACKEND": "cas.storage.FileSystemCASStorage",
            "OPTIONS": {"location": DATA_DIR / "store"},
        }
    ),
    "legacy": (
        {"BACKEND": "attachments.legacy.storage.S3LegacyStorage", "OPTIONS": _S3_CONNECTION}
        if AWS_STORAGE_BUCKET_NAME and not _LEGACY_DIR
        else {
            "BACKEND": "attachments.legacy.storage.FolderLegacyStorage",
            "OPTIONS": {"location": _LEGACY_DIR or DATA_DIR / "legacy"},
        }
    ),
    "thumbnails": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "thumbnails"},
    },
}

MAX_IMAGE_BYTES = env.positive_integer("MAX_IMAGE_BYTES", 30 * MEGABYTE)
MAX_PDF_BYTES = env.positive_integer("MAX_PDF_BYTES", 100 * MEGABYTE)
MAX_FILE_BYTES = env.positive_integer("MAX_FILE_BYTES", 500 * MEGABYTE)
BLOCKED_FILE_TYPES = env.extensions("BLOCKED_FILE_TYPES")
MAX_REQUEST_BYTES = env.positive_integer("MAX_REQUEST_BYTES", 512 * MEGABYTE)
MAX_IMAGE_PIXELS = env.positive_integer("MAX_IMAGE_PIXELS", 64_000_000)
# So many seconds after which a call of the store counts as stuck: uploads are refused at once until it answers again.
STORE_TIMEOUT = env.positive_integer("STORE_TIMEOUT", 10)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MEGABYTE
FILE_UPLOAD_HANDLERS = ["cas.uploads.StagingUploadHandler"]
# Readable by the web server that hands the files out (X-Accel-Redirect).
FILE_UPLOAD_PERMISSIONS = 0o644

# Fetching what a link leads to: from the internet, and from these hosts or networks of one's own.
FETCH_ALLOWED_HOSTS = env.hosts_or_networks("FETCH_ALLOWED_HOSTS")
FETCH_SECONDS = 10.0

# How long what was deleted or replaced can be restored.
KEEP_REMOVED = env.length_of_time("KEEP_REMOVED", "7d")

CAS_URL_KEYS = env.words("CAS_URL_KEYS")
CAS_REQUIRE_SIGNATURE = env.boolean("CAS_REQUIRE_SIGNATURE", default=True)
CAS_ACCEL_REDIRECT = env.location("CAS_ACCEL_REDIRECT")
private_files.close_folder(DATA_DIR, passable=bool(CAS_ACCEL_REDIRECT) and not AWS_STORAGE_BUCKET_NAME)
CAS_MIGRATION_DELETE_OLD_OBJECTS = env.boolean("CAS_MIGRATION_DELETE_OLD_OBJECTS", default=False)

# --- Backups ---------------------------------------------------------------------------------------

# Where pg_dump and pg_restore are, if they are not on the PATH, or those there are too old for the server.
POSTGRES_BIN_DIR = env.existing_folder("POSTGRES_BIN_DIR")
# Of buckets that backups go into: best another server than the store's, or another account.
BACKUP_S3_CONNECTION = {
    "endpoint_url": env.url("BACKUP_S3_ENDPOINT_URL") or _S3_CONNECTION["endpoint_url"],
    "access_key": env.text("BACKUP_ACCESS_KEY_ID") or _S3_CONNECTION["access_key"],
    "secret_key": env.text("BACKUP_SECRET_ACCESS_KEY") or _S3_CONNECTION["secret_key"],
    "region_name": env.text("BACKUP_S3_REGION_NAME") or _S3_CONNECTION["region_name"],
}
BACKUP_S3_CHECKSUM = env.one_of("BACKUP_S3_CHECKSUM", _CHECKSUMS, AWS_S3_CHECKSUM)

# --- Stock -----------------------------------------------------------------------------------------

# A part without a minimum of its own is low at so many pieces and fewer, if a kit needs it or if it ever had any.
LOW_STOCK = env.positive_integer("LOW_STOCK", 5)
# Where the codes on labels lead: this server as phones reach it, and the frontend, unless it is served from here.
PUBLIC_URL = env.url("PUBLIC_URL")
FRONTEND_URL = env.url("FRONTEND_URL")
# One of stock.labels.FORMATS.
LABEL_FORMAT = env.text("LABEL_FORMAT", "62x29")

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": (
        ["inventory.auth.LocalUserAuthentication"]
        if INVENTORY_OPEN_API
        # The token first: its WWW-Authenticate header makes anonymous requests 401 instead of 403.
        else ["inventory.auth.TokenAuthentication", "inventory.auth.SessionAuthentication"]
    ),
    "DEFAULT_PERMISSION_CLASSES": ["inventory.auth.MethodPermissions"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.LimitOffset",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["inventory.parsers.LimitedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # OPTIONS describes nothing; the schema does.
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "inventory.schema.auto.Schema",
    "EXCEPTION_HANDLER": "inventory.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NON_FIELD_ERRORS_KEY": "body",
    "COERCE_DECIMAL_TO_STRING": False,
    # Each may make the server fetch something.
    "DEFAULT_THROTTLE_RATES": {"attachment-preview": "60/min"},
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Inventory",
    "VERSION": "1",
    "DESCRIPTION": (
        "Parts and kits of an electronics inventory, with their pictures, datasheets and links. "
        "No path ends in a slash; lists are bare arrays; every error is JSON. "
        "Fields that are not known are ignored. docs/api.md tells it in words."
    ),
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SCHEMA_PATH_PREFIX": "/api/",
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_NAME_OVERRIDES": {
        "Role": "inventory.auth_views.ROLES",
        "KitStatus": "kits.models.Kit.Status",
        "AttachmentType": "attachments.models.Attachment.Type",
        "AttachmentKind": "attachments.kinds.Kind",
        "MovementKind": "stock.models.Kind",
    },
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "inventory.schema.hooks.finish",
    ],
}

# --- Logs and figures -----------------------------------------------------------------------------

LOGGING = logging_config(readable=DEBUG)
LOGGING_CONFIG = "inventory.logs.configure"
# django-structlog must not load the user: addresses of the content store work without database and session.
DJANGO_STRUCTLOG_USER_ID_FIELD = None
