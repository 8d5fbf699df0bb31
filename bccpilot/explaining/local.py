"""Findings -> sentences, without a model: what was traced, what was found, what to be careful about. English or Chinese."""

from __future__ import annotations

from bccpilot.model import Finding, Findings, Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from manpages_index.model import Tool

_TEXTS = {
    "en": {
        "traced": "{about} Traced for {seconds:.1f} s",
        "ended_early": " (it ended by itself)",
        "lost": "{n} events were lost: the numbers below are too small.",
        "unparsed": "{n} lines were not understood; `replay --format raw` shows them.",
        "nothing": "Nothing happened in that time that this tool reports.",
        "events": "{n} events",
        "rows": "{n} lines",
        "rate": ", {n} a second",
        "top": "by {field}: {items}",
        "more": " and {n} more",
        "hist": "{key}{n} values: half at most {median}, 99 % at most {p99}",
        "stack": "most frequent stacks: {items}",
    },
    "zh": {
        "traced": "{about} 跟踪了 {seconds:.1f} 秒",
        "ended_early": "（自行结束）",
        "lost": "丢失了 {n} 个事件：下面的数字偏小。",
        "unparsed": "有 {n} 行未能识别；用 `replay --format raw` 查看。",
        "nothing": "这段时间内没有发生该工具会报告的事。",
        "events": "{n} 个事件",
        "rows": "{n} 行",
        "rate": "，每秒 {n} 个",
        "top": "按 {field}：{items}",
        "more": "，另有 {n} 个",
        "hist": "{key}{n} 个值：一半不超过 {median}，99 % 不超过 {p99}",
        "stack": "最多的调用栈：{items}",
    },
}


def explain(findings: Findings, tool: Tool, run: Run, language: str = "en") -> str:
    """What happened, as a few lines of plain text; what was lost is said first."""
    texts = _TEXTS["zh" if language == "zh" else "en"]
    about = (tool.knowledge.about_zh if language == "zh" else "") or tool.knowledge.about or tool.summary
    head = texts["traced"].format(about=_sentence(about), seconds=run.traced_s)
    lines = [head + (texts["ended_early"] if run.ended == "itself" else "") + ("。" if language == "zh" else ".")]
    if findings.lost:
        lines.append(texts["lost"].format(n=findings.lost))
    said = _said(findings, texts)
    lines += said or [texts["nothing"]]
    if findings.unparsed:
        lines.append(texts["unparsed"].format(n=findings.unparsed))
    return "\n".join(lines)


def _sentence(about: str) -> str:
    return about if about.endswith((".", "。", "")) and about[-1:] in ".。" else f"{about[:1].upper()}{about[1:]}."


def _said(findings: Findings, texts: dict[str, str]) -> list[str]:
    """The facts as lines, in their order."""
    said: list[str] = []
    totals = [f for f in findings.facts if f.kind == "total" and f.subject in ("events", "rows")]
    rate = next((f for f in findings.facts if f.kind == "rate"), None)
    for total in totals:
        said.append("  " + texts[total.subject].format(n=total.value) + (texts["rate"].format(n=rate.value) if rate else ""))
    for fact in findings.facts:
        if fact.kind == "top" and fact.rows:
            said.append("  " + texts["top"].format(field=fact.subject, items=_items(fact, texts)))
        elif fact.kind == "stack":
            said.append("  " + texts["stack"].format(items="; ".join(f"{name} ({n})" for name, n in fact.rows)))
    keys = dict.fromkeys(f.subject for f in findings.facts if f.kind == "quantile")
    said += ["  " + _histogram(key, findings, texts) for key in keys]
    return said


def _items(fact: Finding, texts: dict[str, str]) -> str:
    listed = ", ".join(f"{name} {count}" for name, count in fact.rows)
    more = fact.value - len(fact.rows) if isinstance(fact.value, int) else 0
    return listed + (texts["more"].format(n=more) if more > 0 else "")


def _histogram(key: str, findings: Findings, texts: dict[str, str]) -> str:
    mine = [f for f in findings.facts if f.subject == key]
    total = next(f.value for f in mine if f.kind == "total")
    median, p99 = (f"{f.value} {f.unit or ''}".strip() for f in mine if f.kind == "quantile")
    return texts["hist"].format(key=f"{key}: " if key else "", n=total, median=median, p99=p99)
