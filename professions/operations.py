"""The operations that a diagram may call, with their parameters; `casework` says what they do.

They stand here so that a folder can be checked without opening an office, and a test holds them
against the handlers.
"""

from __future__ import annotations

from engine.operations import Declared

DECLARED = Declared(
    {
        "application/accept": {"deemed": bool},
        "application/check_form": {},
        "application/check_idle": {},
        "application/close": {"status": str},
        "application/end_moot": {"application_id": str},
        "application/judge_filing": {},
        "application/void_files": {"reason": str},
        "cancellation/note_silence": {},
        "certificate/check_exchange": {},
        "certificate/claim": {},
        "certificate/end_wait": {"application_id": str},
        "certificate/exchange": {},
        "certificate/issue": {},
        "certificate/lapse": {},
        "certificate/make_copy": {"copy_id": str},
        "certificate/publish": {"certificate_id": str, "why": str},
        "certificate/reserve": {},
        "decision/deem": {},
        "decision/extend": {},
        "document/issue_notice": {"kind": str},
        "document/render_application": {},
        "enterprise/check": {},
        "ex_officio/end_open_case": {"application_id": str},
        "ex_officio/end_registration": {},
        "ex_officio/open_hearing": {},
        "identity/correct": {},
        "identity/reissue": {},
        "keys/restamp": {"day": str, "after": str},
        "notice/deliver_sms": {"sms_id": str},
        "notice/send": {"kind": str},
        "registration/cancel": {},
        "rename/apply": {"batch_id": str, "chunk": int},
        "rename/begin": {},
        "rename/cancel": {},
        "rename/check_result": {},
        "rename/compute": {},
        "rename/print_list": {},
        "rename/seal_list": {},
        "rename/tell": {},
        "reopening/decide_anew": {"application_id": str, "definition": str},
        "reopening/reopen": {},
        "signing/augment": {"document_id": str},
        "signing/check_certificate": {"role": str, "subject": str},
        "signing/check_readiness": {},
        "signing/seal_application": {},
        "signing/seal_request": {},
        "signing/send_code": {},
        "signing/sign_application": {},
        "upkeep/expire": {"day": str},
        "upkeep/keys": {"day": str},
        "upkeep/publish": {"day": str},
        "upkeep/recount": {"day": str},
        "upkeep/remind": {"day": str},
        "upkeep/sync_enterprises": {"day": str},
    }
)
