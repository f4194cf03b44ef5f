from portal.rules import errors
from portal.rules.wording import N_


def test_marking_a_sentence_changes_nothing():
    assert N_("Pay %(amount)s.") == "Pay %(amount)s."


def test_an_error_reads_as_its_formatted_sentence_and_keeps_the_untranslated_one():
    error = errors.Invalid(N_("At most %(most)s files."), code="too_many", field="files", most=5)
    assert (str(error), error.message) == ("At most 5 files.", "At most %(most)s files.")
    assert (error.code, error.field, error.params) == ("too_many", "files", {"most": 5})


def test_a_sentence_without_params_is_taken_literally():
    assert str(errors.Conflict(N_("Already at 40 % of it."))) == "Already at 40 % of it."


def test_every_kind_of_refusal_has_a_code_of_its_own():
    kinds = [
        errors.NotFound,
        errors.Forbidden,
        errors.Conflict,
        errors.AlreadyDone,
        errors.Invalid,
        errors.TooLarge,
        errors.Throttled,
        errors.Unavailable,
        errors.NoSpace,
    ]
    codes = [kind("No.").code for kind in kinds]
    assert len(set(codes)) == len(kinds)
    assert all(isinstance(kind("No."), errors.DomainError) for kind in kinds)


def test_a_harmless_repeat_is_not_a_conflict():
    assert not issubclass(errors.AlreadyDone, errors.Conflict)


def test_a_form_carries_each_wrong_field():
    wrong = errors.Invalid("No.", field="a"), errors.Invalid("No.", field="b")
    assert [error.field for error in errors.InvalidForm(wrong).errors] == ["a", "b"]


def test_throttling_says_when_to_come_back():
    assert errors.Throttled(retry_after=7).retry_after == 7
