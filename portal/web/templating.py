"""Templates compiled for what ours are: mostly calls of macros and plain functions, never asynchronous or sandboxed.

Jinja asks at every call, while the page is drawn, whether the callee wants the context, and wraps what macros return
more than once. Both are known when a template is compiled. See docs/decisions/0011-templates-compiled-for-ours.md.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.runtime import Macro
from jinja2.utils import _PassArg, missing
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]  # the quick half of escape

# As Markup(text), which asks first whether the text knows how to draw itself.
_marked = partial(str.__new__, Markup)


class PlainMacro(Macro):
    """A macro that is called with what it declares: no *varargs, no **kwargs."""

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """What it draws, as markup."""
        given = [*args, *(kwargs.pop(name, missing) for name in self.arguments[len(args) :])]
        if self.caller:
            caller = kwargs.pop("caller", None)
            given.append(self._environment.undefined("No caller defined", name="caller") if caller is None else caller)
        if kwargs or len(args) > len(self.arguments):
            raise TypeError(f"macro {self.name!r} does not take {[*kwargs] or len(args)}")
        return _marked(self._func(*given))


class Drawing(CodeGenerator):
    """Writes calls as calls."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._imported: set[str] = set()

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """A function of ours, a method or a macro."""
        asked = self._asked_for(node)
        if asked in (_PassArg.context, _PassArg.environment) or node.dyn_args is not None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(context.eval_ctx, " if asked else "(")
        for argument in [*node.args, *node.kwargs]:
            self.visit(argument, frame)
            self.write(", ")
        if forward_caller:
            self.write("caller=caller, ")
        if node.dyn_kwargs is not None:
            self.write("**")
            self.visit(node.dyn_kwargs, frame)
        self.write(")")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        """A plain macro where it is one: it escapes, and takes nothing but what it declares."""
        if macro_ref.accesses_kwargs or macro_ref.accesses_varargs or not _escapes(frame):
            super().macro_def(macro_ref, frame)
            return
        names = tuple(argument.name for argument in macro_ref.node.args)
        name = getattr(macro_ref.node, "name", None)
        self.write(
            f"environment.macro(environment, macro, {name!r}, {names!r}, False, False, "
            f"{macro_ref.accesses_caller!r}, context.eval_ctx.autoescape)"
        )

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escapes(frame):
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        super().visit_Import(node, frame)
        self._imported.add(node.target)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if isinstance(node.node, nodes.Name) and node.node.name in self._imported:
            self.visit(node.node, frame)
            self.write(f".{node.attr}")
        else:
            super().visit_Getattr(node, frame)

    def _asked_for(self, node: nodes.Call) -> Any:
        called: Any = self.environment.globals.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        return _PassArg.from_obj(called)


def _escapes(frame: Frame) -> bool:
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


def shown(value: Any) -> str:
    """As `escape`, quicker for what is markup already."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    return value if kind is Markup else escape(value)


class Environment(FlaskEnvironment):
    """What Flask makes, with the writer above."""

    code_generator_class = Drawing
    macro = PlainMacro
    shown = staticmethod(shown)
