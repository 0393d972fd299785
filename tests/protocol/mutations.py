"""What the mutants change: one rule of docs/protocol.md each."""

from tests.protocol.mutant import mutant

SERVICES, COLLECTOR, ADOPTION = "cas/services.py", "cas/collector.py", "cas/adoption.py"
ATTACHMENTS, ATTACHMENT_SETS = "attachments/services.py", "attachments/sets.py"
ATTACH_TESTS, COLLECTOR_TESTS = "tests/cas/test_attach.py", "tests/cas/test_collector.py"
ORDERS, INTERLEAVINGS = "tests/protocol/test_orders.py", "tests/protocol/interleavings"
PURGE, SWEEPERS = f"{INTERLEAVINGS}/test_purge.py", f"{INTERLEAVINGS}/test_sweepers.py"
TWO = "tests/protocol/test_two_databases.py"
ADOPTING, SETS = f"{INTERLEAVINGS}/test_adoption.py", f"{INTERLEAVINGS}/test_sets.py"


_WITHOUT_CONSTRAINT = (
    (
        "attachments/models.py",
        "blob = models.ForeignKey(Blob, on_delete=models.PROTECT,",
        "blob = models.ForeignKey(Blob, on_delete=models.PROTECT, db_constraint=False,",
    ),
    (
        "attachments/migrations/0001_initial.py",
        'models.ForeignKey("cas.blob", blank=True,',
        'models.ForeignKey("cas.blob", db_constraint=False, blank=True,',
    ),
    ("cas/checks.py", "@register(Tags.models)\n", ""),
)

MUTANTS = (
    # --- Attach -----------------------------------------------------------------------------------
    mutant(
        "attach: no row lock",
        PURGE,
        (SERVICES, "Blob.objects.select_for_update(no_key=True).filter(", "Blob.objects.filter("),
    ),
    mutant(
        "attach: tombstones are not looked at",
        PURGE,
        (SERVICES, "    if purge.expires > purge.now:\n        raise ContentBusyError\n", ""),
    ),
    mutant(
        "attach: takes over without sending",
        ATTACH_TESTS,
        (SERVICES, "must_send=took_over", "must_send=False"),
    ),
    mutant(
        "attach: no stat, the row is trusted",
        ATTACH_TESTS,
        (
            SERVICES,
            "        Blob.objects.bulk_create([row]",
            "        known = Blob.objects.filter(pk=row.pk).exists()\n        Blob.objects.bulk_create([row]",
        ),
        (SERVICES, "        if blob is not None:\n", "        if blob is not None:\n            blob.known = known\n"),
        (
            SERVICES,
            "    storage = cas_storage()\n",
            "    if blob.known:\n        return False\n    storage = cas_storage()\n",
        ),
    ),
    mutant(
        "attach: no stat, always sends",
        ATTACH_TESTS,
        (SERVICES, "stored = storage.stat(staged.digest)", "stored = None"),
    ),
    mutant(
        "attach: a failing stat means absent",
        ATTACH_TESTS,
        (
            SERVICES,
            "    stored = storage.stat(staged.digest)\n",
            (
                "    try:\n        stored = storage.stat(staged.digest)\n"
                "    except StorageUnavailableError:\n        stored = None\n"
            ),
        ),
    ),
    mutant(
        "attach: the object goes when the upload fails",
        ATTACH_TESTS,
        (
            SERVICES,
            "    except StorageUnavailableError:\n",
            "    except StorageUnavailableError:\n        storage.remove(staged.digest)\n",
        ),
    ),
    mutant(
        "attach: the object is sent after the commit",
        ORDERS,
        (
            SERVICES,
            "        sent = _ensure_object(staged, blob, must_send=took_over)\n",
            (
                "        sent = True\n        transaction.on_commit("
                "lambda: _ensure_object(staged, blob, must_send=took_over))\n"
            ),
        ),
    ),
    mutant(
        "attach: condemned blobs stay condemned",
        ATTACH_TESTS,
        (SERVICES, "condemned_at=condemned_at if blob.condemned_at else None", "condemned_at=blob.condemned_at"),
    ),
    mutant(
        "attach: joins the transaction of others",
        ATTACH_TESTS,
        (
            SERVICES,
            "    with transaction.atomic(durable=True):\n        blob =",
            "    with transaction.atomic():\n        blob =",
        ),
    ),
    mutant(
        "attach: retries of the storage client for a DELETE",
        "tests/cas/test_storage.py",
        ("cas/storage/s3_clients.py", '"total_max_attempts": 1', '"total_max_attempts": 3'),
    ),
    # --- Binding ----------------------------------------------------------------------------------
    mutant("attach: does not ask whose the store is", TWO, (SERVICES, "    binding.require_lately()\n", "")),
    mutant(
        "adopt: does not ask whose the store is",
        TWO,
        (ADOPTION, "    binding.require_lately()\n", ""),
        ("cas/management/commands/cas_check.py", "            binding.require()\n", "            pass\n"),
    ),
    mutant("A: does not ask whose the store is", TWO, (COLLECTOR, "    binding.require()\n    try:", "    try:")),
    mutant(
        "binding: a copy has the identity of the first",
        TWO,
        ("cas/database_identity.py", ":{os.stat(path).st_ino}", ""),
        ("cas/database_identity.py", "{server}:{number}", "{server}"),
    ),
    # --- Sets -------------------------------------------------------------------------------------
    mutant(
        "sets: the set is not locked",
        SETS,
        (
            ATTACHMENT_SETS,
            "AttachmentSet.objects.locked().filter(pk=set_id)",
            "AttachmentSet.objects.filter(pk=set_id)",
        ),
    ),
    mutant(
        "copy: the source is not locked",
        PURGE,
        (
            ATTACHMENTS,
            '        source = Attachment.objects.select_for_update(of=("self",)).filter(',
            "        source = Attachment.objects.filter(",
        ),
    ),
    # --- Collect ----------------------------------------------------------------------------------
    mutant("references: the database does not check them", ORDERS, *_WITHOUT_CONSTRAINT),
    mutant(
        "mark: in one statement",
        PURGE,
        (
            COLLECTOR,
            "        locked = _lock(Blob.objects.filter(pk__in=digests, condemned_at=None))\n",
            "        locked = Blob.objects.filter(pk__in=digests, condemned_at=None).values('pk')\n",
        ),
    ),
    mutant(
        "sweeper: NO KEY UPDATE",
        PURGE,
        (
            COLLECTOR,
            "blobs.select_for_update(skip_locked=True)",
            "blobs.select_for_update(skip_locked=True, no_key=True)",
        ),
    ),
    mutant("A: no lock", PURGE, (COLLECTOR, "blobs.select_for_update(skip_locked=True).order_by", "blobs.order_by")),
    mutant(
        "A: condemned_at is not checked again",
        COLLECTOR_TESTS,
        (COLLECTOR, "locked = _lock(purgeable(grace).filter(", "locked = _lock(Blob.objects.filter("),
    ),
    mutant(
        "A: references are not looked at again, and nothing else checks them",
        PURGE,
        (
            COLLECTOR,
            'used = list(references.used(Blob.objects.filter(pk__in=locked)).values_list("pk", flat=True))',
            "used: list[str] = []",
        ),
        (
            COLLECTOR,
            "        Blob.objects.filter(pk__in=doomed).delete()\n",
            "        doomed_blobs = Blob.objects.filter(pk__in=doomed)\n        doomed_blobs._raw_delete(doomed_blobs.db)\n",
        ),
        *_WITHOUT_CONSTRAINT,
    ),
    mutant(
        "A: a refusal of the foreign key is an error",
        ORDERS,
        (
            COLLECTOR,
            "    except IntegrityError:\n        # A reference",
            "    except ZeroDivisionError:\n        # A reference",
        ),
    ),
    mutant(
        "A: the tombstone comes after the commit",
        PURGE,
        (
            COLLECTOR,
            (
                "        Purge.objects.bulk_create(Purge(digest=stone.digest, token=stone.token) for stone in tombstones.values())\n"
                "        Blob.objects.filter(pk__in=doomed).delete()\n"
            ),
            (
                "        Blob.objects.filter(pk__in=doomed).delete()\n"
                "    Purge.objects.bulk_create(Purge(digest=stone.digest, token=stone.token) for stone in tombstones.values())\n"
            ),
        ),
    ),
    mutant(
        "S: the object goes before the commit",
        PURGE,
        (
            COLLECTOR,
            "        Blob.objects.filter(pk__in=doomed).delete()\n",
            (
                "        Blob.objects.filter(pk__in=doomed).delete()\n"
                "        for digest in doomed:\n            cas_storage().remove(digest)\n"
            ),
        ),
    ),
    mutant(
        "S: no tombstone at all",
        ORDERS,
        (
            COLLECTOR,
            "        Purge.objects.bulk_create(Purge(digest=stone.digest, token=stone.token) for stone in tombstones.values())\n",
            "",
        ),
    ),
    mutant(
        "S: no deadline",
        ORDERS,
        (COLLECTOR, "    if not 0 <= elapsed <= DELETE_DEADLINE_SECONDS:\n", "    if elapsed == float('inf'):\n"),
    ),
    mutant(
        "S: a lost answer counts as done",
        ORDERS,
        (
            COLLECTOR,
            '        logger.exception("blob_not_deleted", digest=tombstone.digest)\n        return False\n',
            '        logger.exception("blob_not_deleted", digest=tombstone.digest)\n        return True\n',
        ),
    ),
    mutant(
        "B: without token", ORDERS, (COLLECTOR, "filter(pk__in=digests, token__in=tokens)", "filter(pk__in=digests)")
    ),
    mutant(
        "retry: keeps the token",
        SWEEPERS,
        (COLLECTOR, ".update(token=tombstone.token, started_at=Now())", ".update(started_at=Now())"),
    ),
    mutant(
        "retry: keeps the time",
        ORDERS,
        (COLLECTOR, ".update(token=tombstone.token, started_at=Now())", ".update(token=tombstone.token)"),
    ),
    mutant(
        "retry: active tombstones too",
        ORDERS,
        (
            COLLECTOR,
            "Purge.objects.filter(started_at__lte=_ago(cas_storage().tombstone_lifetime))",
            "Purge.objects.all()",
        ),
    ),
    mutant(
        "grace: by the clock of the machine",
        ORDERS,
        (COLLECTOR, "    return Now() - age if age else Now()\n", "    return timezone.now() - age\n"),
        (
            COLLECTOR,
            "from uuid import UUID, uuid4\n",
            "from uuid import UUID, uuid4\n\nfrom django.utils import timezone\n",
        ),
    ),
    # --- Adopt ------------------------------------------------------------------------------------
    mutant(
        "adopt: does not look at the object again",
        ADOPTING,
        (
            ADOPTION,
            "    if stored is None:\n        raise _NotAnOrphanError\n    return stored.size\n",
            (
                "    if Purge.objects.filter(pk=digest).exists():\n        raise _NotAnOrphanError\n"
                "    return 0 if stored is None else stored.size\n"
            ),
        ),
    ),
    mutant(
        "adopt: tombstones are not looked at",
        ADOPTING,
        (ADOPTION, "None if Purge.objects.filter(pk=digest).exists() else ", ""),
    ),
    mutant(
        "adopt: deletes the object",
        ADOPTING,
        (
            ADOPTION,
            "    try:\n        with transaction.atomic(durable=True):\n",
            (
                "    if not Blob.objects.filter(pk=digest).exists():\n        cas_storage().remove(digest)\n        return True\n"
                "    try:\n        with transaction.atomic(durable=True):\n"
            ),
        ),
    ),
    mutant(
        "adopt: the row is not condemned",
        ORDERS,
        (ADOPTION, "Blob(digest=digest, size=0, condemned_at=Now())", "Blob(digest=digest, size=0)"),
    ),
)
