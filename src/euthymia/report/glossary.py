"""Words that a clinician need not know, and where a page explains them: once, where they first stand."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import escape


class Term(NamedTuple):
    """A word of the field or of the model, and what it means to somebody who knows neither."""

    name: str
    pattern: str
    """Regular expression for it in running text."""
    explanation: str

    def stands_in(self, text: str) -> bool:
        """Whether the word occurs in a text."""
        return re.search(rf"\b(?:{self.pattern})\b", text) is not None


GLOSSARY = (
    Term("MADRS", "MADRS", "a clinician’s rating of depression by ten items, from 0 (well) to 60"),
    Term(
        "Stress",
        "[Ss]tress",
        "how hard lasting strain presses on this patient, from 0 to 1; in the model it wears away connections and holds back dopamine",
    ),
    Term("Way", "[Ww]ays? [1-5]|five ways|[Ee]ach way", "one of five mechanisms by which ketamine is held to help; each can be taken away"),
    Term("Context", "[Cc]ontext", "what the treatment as such does, whatever is given: the visit, the attention, the hope"),
    Term("Response", "[Rr]esponse \\(|[Rr]esponse to context|[Rr]esponse:|[Rr]esponders", "MADRS at half of what it was before, or less"),
    Term(
        "Shapley value",
        "Shapley",
        "a fair way to divide a joint effect: what each adds on average, over all orders in which they can be added (Shapley 1953)",
    ),
    Term(
        "Potency gap",
        "[Pp]otency gap",
        "the distance between the block of receptors that measured affinities give and the block that the next step of the chain needs",
    ),
    Term("NMDA receptor", "NMDA", "one of the receptors of glutamate, the brain’s main excitatory messenger; ketamine sits in its channel"),
    Term("Pore block", "[Pp]ore block", "the share of a receptor’s current that is lost because a drug sits in its pore"),
    Term("Drive loss", "[Dd]rive loss", "how much less the receptor excites a circuit in the living brain"),
    Term("Trapped drug", "[Tt]rapped|[Tt]rapping", "drug that stays in a channel which has closed over it"),
    Term("Adapted", "[Aa]dapted", "of circuits: used to a loss of NMDA drive that lasts, so that they no longer feel it"),
    Term("Glutamate surge", "[Gg]lutamate surge", "a rise, for hours, of the messenger by which cells of the cortex excite each other"),
    Term("Interneuron", "[Ii]nterneurons?", "a nerve cell that inhibits its neighbours; pyramidal cells, in turn, excite"),
    Term("Gamma power", "[Gg]amma power", "how strong the fast rhythms of the cortex are, as a scalp electrode would see them"),
    Term(
        "Calcium load",
        "[Cc]alcium load",
        "calcium that enters nerve cells through receptors outside their synapses and, in excess, damages them; healthy = 1",
    ),
    Term(
        "Habenula", "[Hh]abenula|[Hh]abenular", "a small nucleus that fires when things turn out worse than hoped, and holds dopamine back"
    ),
    Term("Dopamine tone", "[Dd]opamine tone", "the level of dopamine between its bursts; healthy = 1"),
    Term("Autoreceptor", "[Aa]utoreceptors?", "a receptor by which a cell senses the messenger that it releases, and slows down"),
    Term(
        "Spines", "[Ss]pines?", "knobs on nerve cells that carry their connections; their density stands for how well cells are connected"
    ),
    Term("BDNF", "BDNF", "a growth factor of nerve cells"),
    Term("mTORC1", "mTORC1|mTOR", "a switch that lets a cell build proteins, among them those of synapses"),
    Term(
        "Limbic lock",
        "[Ll]imbic lock|[Oo]ut of the lock|locked",
        "an assumption of this model: networks of emotion that hold themselves in one active state, as a ball lies in a hollow; how much "
        "of them does is the locked share",
    ),
    Term("Enantiomer", "[Ee]nantiomers?", "one of the two mirror images of a molecule; of ketamine, S and R"),
    Term("Latent severity", "[Ll]atent", "the depression behind the rating, which is not seen itself"),
    Term("Shrinkage", "[Ss]hrinkage", "how far estimates of single people are drawn to the typical value because samples say little"),
    Term("Predictive check", "[Pp]redictive check", "samples as the fitted model would draw them again, beside the real ones"),
    Term("Prior", "prior", "what was held before these data were looked at"),
    Term("Posterior", "posterior", "what is held after the data were looked at"),
)
"""In the order in which they are explained where several stand together."""
BLOCKS = re.compile(
    r'<(?P<tag>h[1-3]|p|ul|figure|details|nav|pre)\b[^>]*>.*?</(?P=tag)>|<div class="scroll">.*?</table></div>|</(?:header|section)>',
    re.DOTALL,
)
"""What stands on a page one below the other."""
UNREAD = re.compile(r"<svg\b.*?</svg>|<[^>]+>", re.DOTALL)
ABOVE, WITHHELD = ("<div", "</"), ("<details", "<nav", "<pre")
"""Blocks that words are explained above, and blocks that no reader starts with."""


def explained(html: str) -> str:
    """A page in which every word of the glossary is explained in the text where it first stands: below its paragraph, or above its table.

    Drawings, what is folded away, and links do not count. A word in a heading is explained with what follows it.
    """
    return "".join(_with_explanations(html))


def _with_explanations(html: str) -> Iterator[str]:
    left, waiting, done = list(GLOSSARY), list[Term](), 0
    for block in BLOCKS.finditer(html):
        yield html[done : block.start()]
        text, done = block[0], block.end()
        if text.startswith(WITHHELD):
            yield text
            continue
        seen = UNREAD.sub(" ", text).replace("\N{NO-BREAK SPACE}", " ")
        waiting += [term for term in left if term.stands_in(seen)]
        left = [term for term in left if term not in waiting]
        if text.startswith("<h"):
            yield text
            continue
        note = _note(waiting)
        waiting = []
        yield note + text if text.startswith(ABOVE) else text + note
    yield html[done:]


def _note(terms: list[Term]) -> str:
    if not terms:
        return ""
    said = " ".join(f"<span><dfn>{escape(term.name)}</dfn>: {escape(term.explanation)}.</span>" for term in terms)
    return f'\n<div class="terms" role="note">{said}</div>\n'
