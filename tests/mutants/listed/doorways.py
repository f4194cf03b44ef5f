"""Who may see what: scopes, doors, and the reads that start from them."""

# ruff: noqa: E501  # what is sought are lines of the code as they stand

from tests.mutants.mutant import Mutant

SCOPES, DOORS, HOUSE = "portal/access/scopes.py", "portal/access/doors.py", "portal/web/gatehouse.py"
FOREIGN = "tests/access/test_matrix.py::test_foreign_and_missing_things_look_the_same_byte_for_byte"
BOTH = "tests/access/test_scopes.py"
SERVING = "tests/web/test_byte_serving.py"
HOMES = "tests/web/test_homes.py::test_nothing_of_another_vendor_is_seen_or_counted"

MUTANTS = (
    Mutant(
        "members see what every vendor has",
        "B2",
        SCOPES,
        "return and_(vendor_id == actor.vendor_id)",
        "return and_(vendor_id == vendor_id)",
        "tests/access/test_scopes.py::test_both_ways_of_asking_show_the_same_to_everybody",
    ),
    Mutant(
        "a code shows all projects of its vendor",
        "B2",
        SCOPES,
        "and_(vendor_id == v, project_id == p) for v, p",
        "and_(vendor_id == v) for v, p",
        "tests/access/test_scopes.py::test_both_ways_of_asking_show_the_same_to_everybody",
    ),
    Mutant(
        "pages of projects show what every vendor has",
        "B2",
        SCOPES,
        'return and_(vendor_id == bindparam("seen_vendor"))',
        "return and_(vendor_id == vendor_id)",
        BOTH,
    ),
    Mutant(
        "a code shows the pages of all projects of its vendor",
        "B2",
        SCOPES,
        "and_(vendor_id == bindparam(vendor), project_id == bindparam(project))",
        "and_(vendor_id == bindparam(vendor))",
        BOTH,
    ),
    Mutant(
        "the page of a project asks nobody who looks",
        "B5",
        "portal/queries/projects.py",
        'return _HEAD.where(Project.id == bindparam("asked"), _visible(shape))',
        'return _HEAD.where(Project.id == bindparam("asked"))',
        "tests/web/test_projects.py::test_what_belongs_to_others_is_as_missing_as_what_does_not_exist",
    ),
    Mutant(
        "the page of a milestone asks nobody who looks",
        "B5",
        "portal/queries/projects.py",
        'return around.where(Milestone.id == bindparam("asked"), _visible(shape))',
        'return around.where(Milestone.id == bindparam("asked"))',
        FOREIGN,
    ),
    Mutant(
        "the door of a project asks nobody who knocks",
        "B2",
        DOORS,
        "Project.id == project_id, visible_projects(actor)",
        "Project.id == project_id",
        FOREIGN,
    ),
    Mutant(
        "doors of things in a project ask nobody who knocks",
        "B2",
        DOORS,
        '.where(model.id == bindparam("row"), condition)',
        '.where(model.id == bindparam("row"))',
        FOREIGN,
    ),
    Mutant(
        "doors of a vendor's people open to other vendors",
        "B2",
        DOORS,
        ", model.vendor_id == actor.vendor_id)",
        ")",
        "tests/web/test_settings.py::test_another_vendors_people_are_not_found",
    ),
    Mutant(
        "doors of a vendor's people open to clients",
        "B2",
        DOORS,
        "    if not isinstance(actor, MemberActor):\n        return _missing()\n    found = session.scalar(select(model)",
        "    actor = actor if isinstance(actor, MemberActor) else actor.latest\n    found = session.scalar(select(model)",
        "tests/access/test_doors.py::test_clients_find_no_people_no_codes_and_no_uploads",
    ),
    Mutant(
        "clients find files that were not delivered",
        "B2",
        DOORS,
        "if not isinstance(actor, MemberActor) and deliverable.submission_id is None:",
        "if False:",
        f"{SERVING}::test_before_delivery_the_client_sees_no_file_at_all",
    ),
    Mutant(
        "clients read names of files that were not delivered",
        "B6",
        "portal/queries/records.py",
        "literal(True) if isinstance(actor, MemberActor) else Deliverable.submission_id.is_not(None)",
        "literal(True)",
        "tests/web/test_records.py::test_a_client_is_told_no_name_of_a_file_that_was_not_delivered",
    ),
    Mutant(
        "the day of a vendor lists what others were paid",
        "B6",
        "portal/queries/needs.py",
        ".where(Payment.vendor_id == VENDOR, Payment.state == PaymentState.REPORTED)",
        ".where(Payment.state == PaymentState.REPORTED)",
        HOMES,
    ),
    Mutant(
        "clients may knock where members work",
        "B2",
        HOUSE,
        "allowed in (Who.CONTACT, Who.PARTY)",
        "allowed in (Who.CONTACT, Who.PARTY, Who.MEMBER)",
        "tests/web/test_gatehouse.py::test_for_clients_the_addresses_of_members_do_not_exist_and_the_other_way_round",
    ),
    Mutant(
        "strangers may knock everywhere",
        "B1",
        HOUSE,
        "    return _stranger(allowed)\n",
        "    return None\n",
        "tests/web/test_records.py::test_a_foreign_and_a_missing_project_answer_alike_and_a_stranger_is_sent_to_the_door",
    ),
    Mutant(
        "an address without a policy is served",
        "B1",
        HOUSE,
        '            raise NoPolicy(f"{rule.rule} ({rule.endpoint}) has no policy; mark its view with @who(…).")\n',
        "            app.view_functions[rule.endpoint].policy = Who.ANYONE\n",
        "tests/web/test_gatehouse.py::test_an_address_without_a_policy_keeps_the_portal_from_starting",
    ),
    Mutant(
        "a revoked code still acts where its page was open",
        "B9",
        "portal/services/record.py",
        "    if grant is None or not grant.live(clock.now()):\n",
        "    if grant is None:\n",
        "tests/services/test_grants.py::test_a_code_revoked_after_the_page_was_read_acts_no_more",
    ),
    Mutant(
        "who logged out goes on with a transfer",
        "A8",
        "portal/access/presence.py",
        "seated = select(Sitting.member_id).where(Sitting.id == sitting, Sitting.ended_at.is_(None))",
        "seated = select(Sitting.member_id).where(Sitting.id == sitting)",
        "tests/access/test_presence.py",
    ),
    Mutant(
        "who holds a replaced code goes on with a transfer",
        "A8",
        "portal/access/presence.py",
        "Grant.version == Key.grant_version, ",
        "",
        "tests/access/test_presence.py",
    ),
)
