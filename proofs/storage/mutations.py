"""What the mutants change: one rule of docs/protocol.md each. Where, what is there, what comes instead."""

from proofs.storage.mutant import mutant

INTERLEAVINGS, ORDERS = "tests/protocol/interleavings", "tests/protocol/test_orders.py"
REMOVED = f"{INTERLEAVINGS}/test_removed.py"
PURGE, SWEEPERS = f"{INTERLEAVINGS}/test_purge.py", f"{INTERLEAVINGS}/test_sweepers.py"
ADOPTING, SETS = f"{INTERLEAVINGS}/test_adoption.py", f"{INTERLEAVINGS}/test_sets.py"
MACHINE = "tests/protocol/test_machine.py"
TWO_DATABASES = "tests/protocol/test_two_databases.py"
ATTACH, COLLECT, ADOPT = (f"tests/cas/protocol/test_{name}.py" for name in ("attach", "collect", "adopt"))

STORAGE = "tests/cas/storage/test_filesystem.py"

LOCKED_BLOB, STORE, ENSURE, FIRST, STAT, SEND = (
    f"cas.protocol.attach:{name}"
    for name in ("_locked_blob", "_store", "_ensure_object", "_send_first", "_stat", "_publish")
)
PUBLISH = "cas.storage.filesystem:publish"
EXCHANGE, DELETE, RENEW, LOCK = (
    f"cas.protocol.collect:{name}" for name in ("_exchange", "delete_object", "renew_tombstone", "_lock")
)

ENSURES = "_ensure_object(staged, blob, must_send=took_over, was_sent=sent)"
IS_THERE = "_is_stored(staged) and blob.corrupt_at is None and not must_send"
LOOKS, SENDS, OUR_STORE = "return cas_storage().stat(digest)", "_publish(staged)", "binding.require_lately()"
NEW_ROW = "_INSERT(Blob(digest=staged.digest, size=staged.size, condemned_at=condemned_at))"
ROWS_GO = "Blob.objects.filter(pk__in=doomed).delete()"
LAYS = "Purge.objects.bulk_create(Purge(digest=stone.digest, token=stone.token) for stone in tombstones.values())"
RESULTS = "return results | dict.fromkeys(used, Outcome.UNMARKED) | tombstones"
LOCKS = 'list(blobs.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))'
RENEWS = "Purge.objects.filter(pk=digest).update(token=tombstone.token, started_at=Now())"
UNCERTAIN = 'logger.exception("blob_not_deleted", digest=tombstone.digest)'
IS_ADOPTED = "Blob(digest=digest, size=0, condemned_at=Now())"
FOREIGN_KEY = 'models.ForeignKey("cas.blob", blank=True, null=True, on_delete=PROTECT, related_name="attachments"'

WITHOUT_CONSTRAINT = (
    ("attachments.models", "", 'Attachment._meta.get_field("blob").db_constraint = False'),
    ("attachments.migrations.0001_initial", f"{FOREIGN_KEY})", f"{FOREIGN_KEY}, db_constraint=False)"),
    ("cas.checks", "register(Tags.models)", "lambda check: check"),
)

MUTANTS = (
    mutant("attach: does not ask whose the store is", TWO_DATABASES, (FIRST, OUR_STORE, "None")),
    mutant(
        "0a: everything is sent in the transaction",
        ATTACH,
        (STORE, "sent = _send_first(staged)", f"sent = False; {OUR_STORE}"),
    ),
    mutant("0a: what was sent is not looked at again", ATTACH, (STORE, f"{ENSURES} or sent", f"sent or {ENSURES}")),
    mutant(
        "0a: a failure is passed over",
        ATTACH,
        (FIRST, SENDS, f"try: {SENDS}\nexcept StorageUnavailableError: return False"),
    ),
    mutant("0a: what is there is sent", ATTACH, (FIRST, "_stat(staged.digest) is not None", "False")),
    mutant("0a: what is absent is not sent", ATTACH, (FIRST, "_stat(staged.digest) is not None", "True")),
    mutant(
        "0a: tombstones are not looked at",
        ATTACH,
        (FIRST, "(purges := _PURGE(staged.digest))", "(purges := [])"),
    ),
    mutant("0a: in the transaction of others", ATTACH, (STORE, "_refuse_to_join()", "None")),
    mutant("publish: the file is not made durable", STORAGE, (PUBLISH, "os.fsync(descriptor)", "None")),
    mutant("publish: the name is not made durable", STORAGE, (PUBLISH, "_sync_directory(self._objects_dir)", "None")),
    mutant(
        "publish: the name comes before the bytes",
        STORAGE,
        (PUBLISH, "os.fsync(descriptor)", "None"),
        (PUBLISH, "_sync_directory(self._objects_dir)", "os.fsync(descriptor); _sync_directory(self._objects_dir)"),
    ),
    mutant(
        "publish: the name is not made durable before the transaction",
        STORAGE,
        (
            PUBLISH,
            "_sync_directory(self._objects_dir)",
            "transaction.on_commit(lambda: _sync_directory(self._objects_dir))",
        ),
        ("cas.storage.filesystem", "", "from django.db import transaction"),
    ),
    mutant(
        "adopt: does not ask whose the store is",
        TWO_DATABASES,
        ("cas.protocol.adopt:adopt", "binding.require_lately()", "None"),
        ("cas.management.commands.cas_check:run", "binding.require()", "None"),
    ),
    mutant(
        "A: does not ask whose the store is",
        TWO_DATABASES,
        ("cas.protocol.collect:lay_tombstones", "binding.require()", "None"),
    ),
    mutant(
        "binding: nothing tells a copy from the first",
        TWO_DATABASES,
        ("cas.protocol.database_identity:_postgresql", 'f"postgresql:{server}:{number}"', 'f"postgresql:{server}"'),
        ("cas.protocol.database_identity:_sqlite", "os.stat(path).st_ino", "0"),
    ),
    mutant(
        "attach: no row lock",
        PURGE,
        ("cas.protocol.attach", "Blob.objects.select_for_update(no_key=True)", "Blob.objects"),
    ),
    mutant(
        "attach: tombstones are not looked at",
        PURGE,
        ("cas.protocol.attach:_take_over_expired_purge", "any(map(_is_active, purges))", "False"),
        (FIRST, "any(map(_is_active, purges))", "False"),
    ),
    mutant("attach: takes over without sending", ATTACH, (STORE, ENSURES, ENSURES.replace("took_over", "False"))),
    mutant(
        "attach: no stat, the row is trusted",
        ATTACH,
        (LOCKED_BLOB, NEW_ROW, f"known = Blob.objects.filter(pk=staged.digest).exists(); {NEW_ROW}"),
        (LOCKED_BLOB, "return blob", "blob.known = known; return blob"),
        (ENSURE, IS_THERE, f"blob.known or ({IS_THERE})"),
        (FIRST, "_stat(staged.digest) is not None", "True"),
    ),
    mutant("attach: no stat, always sends", ATTACH, (ENSURE, IS_THERE, "False")),
    mutant(
        "attach: what another upload is sending counts as durable",
        STORAGE,
        (ENSURE, "cas_storage().make_durable(staged.digest)", "None"),
    ),
    mutant(
        "attach: what was sent in the transaction is not looked at",
        ATTACH,
        (ENSURE, "if not _is_stored(staged): raise StorageUnavailableError", "pass"),
    ),
    mutant(
        "attach: a failing stat means absent",
        ATTACH,
        (STAT, LOOKS, f"try: {LOOKS}\nexcept StorageUnavailableError: return None"),
    ),
    mutant(
        "attach: the object goes when the upload fails",
        ATTACH,
        (SEND, "raise", "cas_storage().remove(staged.digest); raise"),
    ),
    mutant(
        "attach: the object is sent after the commit",
        ATTACH,
        (STORE, f"sent = {ENSURES} or sent", f"transaction.on_commit(lambda: {ENSURES})"),
    ),
    mutant(
        "attach: condemned blobs stay condemned",
        ATTACH,
        (STORE, "condemned_at if blob.condemned_at else None", "blob.condemned_at"),
    ),
    mutant(
        "attach: joins the transaction of others",
        ATTACH,
        (STORE, "transaction.atomic(durable=True)", "transaction.atomic()"),
        (STORE, "_refuse_to_join()", "None"),
    ),
    mutant(
        "attach: retries of the storage client for a DELETE",
        "tests/cas/storage/test_contract.py",
        ("cas.storage.s3_clients", '{"total_max_attempts": 1}', '{"total_max_attempts": 3}'),
    ),
    mutant(
        "sets: the set is not locked",
        SETS,
        ("attachments.services.locks", "AttachmentSet.objects.locked()", "AttachmentSet.objects"),
    ),
    mutant(
        "copy: the source is not locked",
        PURGE,
        (
            "attachments.services.copies:copy",
            'Attachment.objects.select_for_update(of=("self",))',
            "Attachment.objects",
        ),
    ),
    mutant(
        "delete: what is removed is not kept",
        MACHINE,
        ("attachments.signals:keep_removed", "_model_of(origin) is Attachment", "False"),
    ),
    mutant(
        "delete: what is removed is kept in a transaction of its own",
        REMOVED,
        (
            "attachments.signals:keep_removed",
            "RemovedAttachment.keep(instance, was_cover=bool(instance.was_cover), using=using)",
            "pk = instance.pk; transaction.on_commit(lambda: (setattr(instance, 'pk', pk), RemovedAttachment.keep(instance, was_cover=False)))",
        ),
    ),
    mutant(
        "replace: the old file is not kept",
        MACHINE,
        ("attachments.services.files:replace_file", "before.blob_id != attachment.blob_id", "False"),
    ),
    mutant(
        "restore: what is removed is not locked",
        REMOVED,
        (
            "attachments.services.removed:restore",
            'attachment_set.removed.select_for_update(of=("self",))',
            "attachment_set.removed",
        ),
    ),
    mutant(
        "restore: the set is not locked",
        REMOVED,
        ("attachments.services.removed:restore", "locked_set(set_id)", "AttachmentSet.objects.get(pk=set_id)"),
        (
            "attachments.services.removed:restore",
            'attachment_set.removed.select_for_update(of=("self",))',
            "attachment_set.removed",
        ),
    ),
    mutant(
        "restore: the file that is there is not kept",
        MACHINE,
        (
            "attachments.services.removed:_exchange",
            "RemovedAttachment.keep(attachment, was_cover=attachment_set.cover_attachment_id == attachment.pk)",
            "None",
        ),
    ),
    mutant(
        "expiry: takes what somebody restores",
        REMOVED,
        ("attachments.services.removed:give_up_expired", "expired().select_for_update(skip_locked=True)", "expired()"),
    ),
    mutant(
        "expiry: takes what is not old",
        "tests/attachments/services/test_removed.py",
        ("attachments.services.removed:expired", "Now() - settings.KEEP_REMOVED", "Now()"),
    ),
    mutant("references: the database does not check them", ORDERS, *WITHOUT_CONSTRAINT),
    mutant(
        "mark: in one statement",
        PURGE,
        (
            "cas.protocol.collect:mark",
            "_lock(Blob.objects.filter(pk__in=digests, condemned_at=None))",
            "Blob.objects.filter(pk__in=digests, condemned_at=None).values('pk')",
        ),
    ),
    mutant("sweeper: NO KEY UPDATE", PURGE, (LOCK, LOCKS, LOCKS.replace("=True", "=True, no_key=True", 1))),
    mutant("A: no lock", PURGE, (LOCK, "blobs.select_for_update(skip_locked=True)", "blobs")),
    mutant("A: condemned_at is not checked again", COLLECT, (EXCHANGE, "purgeable(grace)", "Blob.objects")),
    mutant(
        "A: references are not looked at again, and nothing else checks them",
        PURGE,
        (EXCHANGE, "references.used(Blob.objects.filter(pk__in=locked))", "Blob.objects.none()"),
        (EXCHANGE, ROWS_GO, "(lambda blobs: blobs._raw_delete(blobs.db))(Blob.objects.filter(pk__in=doomed))"),
        *WITHOUT_CONSTRAINT,
    ),
    mutant(
        "A: a refusal of the foreign key is an error",
        COLLECT,
        ("cas.protocol.collect:lay_tombstones", "IntegrityError", "ZeroDivisionError"),
    ),
    mutant(
        "A: the tombstone comes after the commit",
        PURGE,
        (EXCHANGE, LAYS, "0"),
        (EXCHANGE, RESULTS, f"{LAYS}; {RESULTS}"),
    ),
    mutant(
        "S: the object goes before the commit",
        PURGE,
        (EXCHANGE, ROWS_GO, f"[{ROWS_GO}, *map(cas_storage().remove, doomed)]"),
    ),
    mutant("S: no tombstone at all", ORDERS, (EXCHANGE, LAYS, "0")),
    mutant("S: no deadline", ORDERS, (DELETE, "0 <= elapsed <= DELETE_DEADLINE_SECONDS", "True")),
    mutant("S: a lost answer counts as done", ORDERS, (DELETE, UNCERTAIN, "return True")),
    mutant(
        "B: without token",
        ORDERS,
        (
            "cas.protocol.collect:remove_tombstones",
            "Purge.objects.filter(pk__in=digests, token__in=tokens)",
            "Purge.objects.filter(pk__in=digests)",
        ),
    ),
    mutant("retry: keeps the token", SWEEPERS, (RENEW, RENEWS, RENEWS.replace("token=tombstone.token, ", ""))),
    mutant("retry: keeps the time", ORDERS, (RENEW, RENEWS, RENEWS.replace(", started_at=Now()", ""))),
    mutant(
        "retry: active tombstones too",
        ORDERS,
        (
            "cas.protocol.collect:expired_tombstones",
            "cas_storage().tombstone_lifetime",
            "__import__('datetime').timedelta(0)",
        ),
    ),
    mutant(
        "grace: by the clock of the machine",
        ORDERS,
        (
            "cas.protocol.collect:_ago",
            "return Now() - age if age else Now()",
            "from django.utils import timezone; return timezone.now() - age",
        ),
    ),
    mutant(
        "adopt: does not look at the object again",
        ADOPTING,
        (
            "cas.protocol.adopt:_size_of_orphan",
            "if stored is None: raise _NotAnOrphanError",
            "if stored is None and Purge.objects.filter(pk=digest).exists(): raise _NotAnOrphanError",
        ),
        ("cas.protocol.adopt:_size_of_orphan", "stored.size", "stored.size if stored else 0"),
    ),
    mutant(
        "adopt: tombstones are not looked at",
        ADOPTING,
        ("cas.protocol.adopt:_size_of_orphan", "Purge.objects.filter(pk=digest).exists()", "False"),
    ),
    mutant(
        "adopt: deletes the object",
        ADOPTING,
        (
            "cas.protocol.adopt:adopt",
            "_insert(digest)",
            "if not Blob.objects.filter(pk=digest): cas_storage().remove(digest); return True\n_insert(digest)",
        ),
    ),
    mutant(
        "adopt: the row is not condemned",
        ADOPT,
        ("cas.protocol.adopt:_insert", IS_ADOPTED, "Blob(digest=digest, size=0)"),
    ),
)
