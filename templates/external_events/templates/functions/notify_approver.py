{% from 'model.jinja' import def_name with context -%}
def {{ def_name('notify_approver') }}(notice: Notice) -> None:
    """Tell the approver. A real app sends a mail or a chat message here; this one writes it to the log."""
    logging.info(
        "To %(approver)s: please decide on %(subject)r until %(until)s. "
        "POST /api/approvals/%(instance_id)s/approve or /reject",
        notice,
    )
