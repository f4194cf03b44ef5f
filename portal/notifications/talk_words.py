"""The words of mails about what people wrote to each other."""

from __future__ import annotations

from portal.adapters import pages
from portal.notifications.phrases import Quote, Words, names_of, quote
from portal.notifications.showing import Showing
from portal.notifications.story import Story, told
from portal.notifications.talk import Said


def message_posted(story: Story, show: Showing, _for_contact: bool) -> Words:
    """All messages since the last mail, in one."""
    _, names, count = show.gettext, names_of(story), len(story.said) + story.said_beyond
    many = show.ngettext(
        "%(num)s new message in “%(project)s”", "%(num)s new messages in “%(project)s”", count, project=names["project"]
    )
    return Words(
        subject=many,
        sentence=_who_wrote(story, show),
        after=_beyond(story, show),
        button=_("Read and answer"),
        address=_place(story),
        quotes=tuple(each for said in story.said for each in _quoted(said, show)),
    )


def mentioned(story: Story, show: Showing, _for_contact: bool) -> Words:
    """Somebody asks for the reader by name."""
    _, names, said = show.gettext, names_of(story), told(story.said[0] if story.said else None)
    names |= {"who": pages.clean(said.by)}
    return Words(
        subject=_("%(who)s mentioned you in “%(project)s”", **names),
        sentence=_("%(who)s mentioned you in “%(project)s”.", **names),
        button=_("Read and answer"),
        address=_place(story),
        quotes=_quoted(said, show),
    )


def _who_wrote(story: Story, show: Showing) -> str:
    writers = dict.fromkeys(pages.clean(said.by) for said in story.said)
    project = pages.clean(story.project.title)
    return show.gettext("%(who)s wrote in “%(project)s”.", who=show.together(writers), project=project)


def _beyond(story: Story, show: Showing) -> str:
    if not story.said_beyond:
        return ""
    return show.ngettext(
        "%(num)s more message is in the portal.", "%(num)s more messages are in the portal.", story.said_beyond
    )


def _quoted(said: Said, show: Showing) -> tuple[Quote, ...]:
    """A message as it was typed, and the names of what came with it."""
    lines = [said.text.strip()] if said.text.strip() else []
    if said.files:
        lines.append(show.gettext("Attached: %(files)s", files=", ".join(said.files)))
    return quote(f"{pages.clean(said.by)} · {show.clocks(said.at)}", "\n".join(lines))


def _place(story: Story) -> str:
    """Where the first of the messages stands; where they stand in several places, the project."""
    places = {said.milestone_id for said in story.said}
    if len(places) != 1:
        return f"/projects/{story.project.id}"
    (milestone_id,) = places
    thread = f"/milestones/{milestone_id}" if milestone_id else f"/projects/{story.project.id}"
    return f"{thread}#message-{story.said[0].id}"
