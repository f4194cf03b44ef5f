"""The milestone's page and the acts on its work, with htmx and without, for those who may and those who may not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.adapters import clock
from portal.models.client import GrantUse
from portal.models.milestone import Approval, Milestone, Submission
from portal.rules import codes
from portal.rules.lifecycle import Flow, MilestoneState
from portal.rules.roles import Role, Scope
from portal.services import milestones
from tests.worlds import Browser, World, fresh_session

PDF = ("plan.pdf", b"%PDF-1.7 the plan")
HTMX = {"HX_Request": "true"}


def root(page: str) -> dict[str, str]:
    """The data attributes of the milestone."""
    return dict(re.findall(r'data-(\w+)="([^"]*)"', re.search(r'<article[^>]*id="milestone-[^>]*>', page)[0]))


def act(page: str, name: str) -> str:
    """The form of one act, or nothing when it is not offered."""
    found = re.search(rf'<form id="act-{name}".*?</form>', page, re.DOTALL)
    return found[0] if found else ""


def state(world: World, step_id) -> MilestoneState:
    with fresh_session(world.app) as session:
        return session.get_one(Milestone, step_id).state


def rows(world: World, model) -> list:
    with fresh_session(world.app) as session:
        return list(session.scalars(select(model)))


def count(world: World, model) -> int:
    return len(rows(world, model))


def delivered(world: World, *files, **changes):
    project = world.project(**changes)
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), *(files or (PDF,)))
    return project, cleo, step


def later(minutes: int):
    return time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=True)


# What is shown


def test_a_locked_file_shows_name_size_kind_and_hash_and_no_way_to_it(world: World) -> None:
    _, cleo, step = delivered(world)
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    file = milestones.live_files(world.session, step)[0]
    assert (root(page)["state"], root(page)["unlocked"], root(page)["position"]) == ("submitted", "false", "1")
    assert f'id="deliverable-{file.id}" data-sha256="{file.sha256}" data-bytes="17"' in page
    assert "plan.pdf" in page
    assert "PDF · 17 B" in page
    assert "The originals open when your payment of €1,500.00 is confirmed." in page
    assert f"/deliverables/{file.id}/file" not in page
    assert "/archive.zip" not in page


def test_a_paid_milestone_offers_its_files_one_by_one_and_together(world: World) -> None:
    _, cleo, step = delivered(world, PDF, ("b.txt", b"b"))
    world.pay(step, cleo)
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert root(page)["unlocked"] == "true"
    for file in milestones.live_files(world.session, step):
        assert f'href="/deliverables/{file.id}/file"' in page
    assert f'href="/milestones/{step.id}/archive.zip"' in page
    assert f'href="/milestones/{step.id}/manifest.txt"' in page


def test_what_is_not_delivered_yet_is_seen_by_the_vendor_alone(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.store(step, "secret-draft.pdf", b"%PDF-1.7")
    assert "secret-draft.pdf" in world.browser(world.owner).get(f"/milestones/{step.id}").text
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert "secret-draft.pdf" not in page
    assert 'id="act-' not in page


def test_the_note_of_a_service_stands_where_files_would(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Workshop with <eleven> people.")
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert "Workshop with &lt;eleven&gt; people." in page
    assert 'class="files"' not in page


def test_an_older_version_stays_in_sight_beside_the_newest(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.store(step, "a.txt", b"one")
    world.store(step, "a.txt", b"two")
    page = world.browser(world.owner).get(f"/milestones/{step.id}").text
    assert "version 2" in page
    assert "1 earlier version" in page
    world.deliver(step)
    assert "earlier version" not in world.entered(cleo.code).get(f"/milestones/{step.id}").text


def test_htmx_gets_the_stage_alone_and_the_files_alone(world: World) -> None:
    _, _, step = delivered(world)
    browser = world.browser(world.owner)
    assert browser.get(f"/milestones/{step.id}", **HTMX).text.lstrip().startswith('<div id="stage"')
    files = browser.get(f"/milestones/{step.id}/files", **HTMX).text
    assert files.lstrip().startswith(f'<div id="files-{step.id}"')
    assert browser.get(f"/milestones/{step.id}/files").headers["Location"] == f"/milestones/{step.id}"


def test_the_list_of_files_asks_for_itself_again_only_while_files_may_change(world: World) -> None:
    project = world.project()
    step, browser = world.milestone(project), world.browser(world.owner)
    assert 'hx-trigger="files-changed from:body"' in browser.get(f"/milestones/{step.id}").text
    world.deliver(step, note="Done.")
    assert "files-changed" not in browser.get(f"/milestones/{step.id}").text


# Delivering


def test_delivering_by_form_leads_back_and_by_htmx_answers_the_fresh_stage(world: World) -> None:
    project = world.project(amounts=("10", "20"))
    cleo, step, browser = world.contact(project), world.milestone(project), world.browser(world.owner)
    answer = browser.post(f"/milestones/{step.id}/submission", {"note": "Workshop held."})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/milestones/{step.id}")
    world.pay(step, cleo)
    second = world.milestone(project, 2)
    answer = browser.post(f"/milestones/{second.id}/submission", {"note": "Concept sent."}, **HTMX)
    assert answer.status_code == 200
    assert root(answer.text)["state"] == "submitted"
    assert "data-announce" in answer.text
    assert answer.headers["HX-Reswap"] == "outerHTML show:window:top"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_delivering_nothing_brings_the_form_back_with_the_reason(world: World, headers) -> None:
    step = world.milestone(world.project())
    answer = world.browser(world.owner).post(f"/milestones/{step.id}/submission", {"note": " "}, **headers)
    assert answer.status_code == 422
    assert "Upload at least one file, or describe the service you delivered." in act(answer.text, "submission")
    if headers:
        assert answer.headers["HX-Retarget"] == answer.headers["HX-Reselect"] == "#act-submission"


def test_what_was_typed_stays_in_the_form(world: World) -> None:
    step = world.milestone(world.project())
    note = "word " * 2001
    answer = world.browser(world.owner).post(f"/milestones/{step.id}/submission", {"note": note})
    assert answer.status_code == 422
    assert note.strip() in act(answer.text, "submission")


def test_control_characters_never_reach_the_database(world: World) -> None:
    step = world.milestone(world.project())
    answer = world.browser(world.owner).post(
        f"/milestones/{step.id}/submission", {"note": "Held\x1b on\x08 site.\r\nDone."}
    )
    assert answer.status_code == 303
    assert [submission.note for submission in rows(world, Submission)] == ["Held on site.\nDone."]


def test_a_second_click_on_deliver_says_so_and_delivers_once(world: World) -> None:
    step, browser = world.milestone(world.project()), world.browser(world.owner)
    for _ in range(2):
        answer = browser.post(f"/milestones/{step.id}/submission", {"note": "Done."})
        assert answer.status_code == 303
    assert "This was already done; nothing changed." in browser.get(f"/milestones/{step.id}").text
    assert count(world, Submission) == 1


def test_a_form_left_open_until_the_milestone_was_paid_is_out_of_date(world: World) -> None:
    project = world.project()
    answer = world.browser(world.owner).post(
        f"/milestones/{world.milestone(project, 2).id}/submission", {"note": "Early."}
    )
    assert answer.status_code == 409
    assert "That is not possible at this stage." in answer.text


# Approving


def test_approving_binds_to_the_manifest_shown_and_keeps_the_words_shown(world: World) -> None:
    _, cleo, step = delivered(world, flow=Flow.APPROVE_THEN_INVOICE.value)
    browser = world.entered(cleo.code)
    form = act(browser.get(f"/milestones/{step.id}").text, "approval")
    manifest = re.search(r'name="manifest"[^>]*value="(\w{64})"', form)[1]
    assert manifest == step.manifest_sha256
    assert "simple electronic signature" in form
    answer = browser.post(f"/milestones/{step.id}/approval", {"manifest": manifest, "typed_name": "Cleo Chen"})
    assert answer.status_code == 303
    (approval,) = rows(world, Approval)
    assert approval.consent == f"I accept “Step 1” exactly as delivered, by the manifest with the SHA-256 {manifest}."
    assert approval.consent in form
    page = browser.get(f"/milestones/{step.id}").text
    assert "by Cleo Chen" in page
    assert act(page, "report")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_approval_without_a_name_comes_back(world: World, headers) -> None:
    _, cleo, step = delivered(world)
    answer = world.entered(cleo.code).post(
        f"/milestones/{step.id}/approval", {"manifest": step.manifest_sha256, "typed_name": ""}, **headers
    )
    assert answer.status_code == 422
    assert "Type your name to approve." in act(answer.text, "approval")
    assert state(world, step.id) is MilestoneState.SUBMITTED


def test_an_approval_of_other_files_than_these_is_out_of_date(world: World) -> None:
    _, cleo, step = delivered(world)
    answer = world.entered(cleo.code).post(
        f"/milestones/{step.id}/approval", {"manifest": "0" * 64, "typed_name": "Cleo Chen"}
    )
    assert answer.status_code == 409
    assert "The files changed since you opened this page." in answer.text
    assert state(world, step.id) is MilestoneState.SUBMITTED


def test_approving_twice_is_told_and_kept_once(world: World) -> None:
    _, cleo, step = delivered(world)
    browser, form = world.entered(cleo.code), {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen"}
    assert [browser.post(f"/milestones/{step.id}/approval", form).status_code for _ in range(2)] == [303, 303]
    htmx = browser.post(f"/milestones/{step.id}/approval", form, **HTMX)
    assert htmx.headers["HX-Redirect"] == f"/milestones/{step.id}"
    assert count(world, Approval) == 1


def test_where_paying_counts_as_approving_the_approval_stands_behind_it(world: World) -> None:
    _, cleo, step = delivered(world)
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert "Paying in full counts as approving." in page
    assert page.index('id="act-report"') < page.index('id="act-approval"')


def test_the_vendor_has_no_approval_and_the_client_no_delivery(world: World) -> None:
    _, cleo, step = delivered(world)
    client, vendor = world.entered(cleo.code), world.browser(world.owner)
    assert vendor.post(f"/milestones/{step.id}/approval", {"manifest": step.manifest_sha256}).status_code == 404
    assert client.post(f"/milestones/{step.id}/submission", {"note": "Mine."}).status_code == 404
    assert client.post(f"/milestones/{step.id}/release", {"confirm": "Step 1"}).status_code == 404
    assert not act(vendor.get(f"/milestones/{step.id}").text, "approval")


def test_a_contact_without_the_scope_sees_no_form_and_is_refused(world: World) -> None:
    project, _, step = delivered(world, flow=Flow.APPROVE_THEN_INVOICE.value)
    viewer = world.entered(world.contact(project, frozenset({Scope.VIEW}), name="Li Wei").code)
    assert not act(viewer.get(f"/milestones/{step.id}").text, "approval")
    form = {"manifest": step.manifest_sha256, "typed_name": "Li Wei"}
    assert viewer.post(f"/milestones/{step.id}/approval", form).status_code == 403


# The code once more


def stale(world: World, **changes) -> tuple[Browser, str, Milestone]:
    """A browser whose code was entered too long ago; call inside later()."""
    _, cleo, step = delivered(world, **changes)
    return world.entered(cleo.code), cleo.code, step


def test_after_a_quarter_of_an_hour_the_form_asks_for_the_code(world: World) -> None:
    browser, code, step = stale(world)
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen"}
    assert 'name="code"' not in act(browser.get(f"/milestones/{step.id}").text, "approval")
    with later(16):
        assert 'name="code"' in act(browser.get(f"/milestones/{step.id}").text, "approval")
        answer = browser.post(f"/milestones/{step.id}/approval", form)
        assert answer.status_code == 422
        assert "Enter your access code once more" in act(answer.text, "approval")
        assert "Cleo Chen" in act(answer.text, "approval")
        answer = browser.post(f"/milestones/{step.id}/approval", form | {"code": codes.display(code).lower()})
        assert answer.status_code == 303
        assert state(world, step.id) is MilestoneState.APPROVED


def test_a_right_code_is_not_asked_for_again_when_something_else_was_wrong(world: World) -> None:
    browser, code, step = stale(world)
    with later(16):
        answer = browser.post(
            f"/milestones/{step.id}/approval", {"manifest": step.manifest_sha256, "typed_name": "", "code": code}
        )
        assert answer.status_code == 422
        assert 'name="code"' not in act(answer.text, "approval")


def test_only_the_code_of_this_very_key_will_do(world: World) -> None:
    project, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    colleague = world.contact(project, name="Li Wei").code
    elsewhere = world.contact(world.project(title="Another one")).code
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen"}
    with later(16):
        for wrong in (colleague, elsewhere, codes.generate(), "1234"):
            answer = browser.post(f"/milestones/{step.id}/approval", form | {"code": wrong})
            assert answer.status_code == 422
            assert "field-error" in act(answer.text, "approval")
    assert state(world, step.id) is MilestoneState.SUBMITTED


def test_guessing_the_code_is_slowed_down_like_entering(world: World) -> None:
    browser, _, step = stale(world)
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen"}
    with later(16):
        statuses = [
            browser.post(f"/milestones/{step.id}/approval", form | {"code": codes.generate()}).status_code
            for _ in range(12)
        ]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


def test_entering_the_code_again_is_kept_among_its_uses(world: World) -> None:
    browser, code, step = stale(world)
    with later(16):
        browser.post(
            f"/milestones/{step.id}/approval",
            {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen", "code": code},
        )
    assert count(world, GrantUse) == 2


# Early release


def test_an_early_release_is_typed_and_opens_the_files(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.browser(world.owner)
    answer = browser.post(f"/milestones/{step.id}/release", {"confirm": "step one"}, **HTMX)
    assert answer.status_code == 422
    assert "Type the milestone’s title exactly" in act(answer.text, "release")
    assert browser.post(f"/milestones/{step.id}/release", {"confirm": "Step 1"}).status_code == 303
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert root(page)["unlocked"] == "true"
    assert "Vera Studio opened these files before payment." in page
    assert not act(browser.get(f"/milestones/{step.id}").text, "release")


def test_a_plain_member_delivers_and_does_not_release(world: World) -> None:
    project = world.project()
    step, browser = world.milestone(project), world.browser(world.member(Role.MEMBER))
    assert browser.post(f"/milestones/{step.id}/submission", {"note": "Done."}).status_code == 303
    assert not act(browser.get(f"/milestones/{step.id}").text, "release")
    assert browser.post(f"/milestones/{step.id}/release", {"confirm": "Step 1"}).status_code == 403
