"""Direct speech: what was said between marks, and by whom.

Marks are paired paragraph by paragraph, whatever their style. A quotation's speaker is looked for behind it
(“…,” said X), before it (X said, “…”), in the same breath (“…,” X said. “…”), and in what introduced its paragraph;
pronouns and titles go to the person last named. What is neither attributed nor a sentence is no quotation: a scare
quote, a nickname, the title of a work.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from wiredesk.worker.news.model import Mention, Quote, QuoteKind
from wiredesk.worker.news.values import gazetteer

_CLOSING = {
    "“": ("”", '"'),
    "„": ("“", "”", '"'),
    "‟": ("”",),
    "«": ("»",),
    "»": ("«", "»"),
    '"': ('"', "”"),
    "``": ("''", '"', "”"),
    "”": ("”",),
}
# Spelled out, not as classes: a search whose every alternative begins with one character skips all others at its speed.
_MARK = re.compile("“|”|„|«|»|\"|‟|``|''")
_SINGLE = re.compile(r"(?P<open>(?<![\w’',.])[‘'](?=\w))|(?P<close>(?<=[,.?!…])[’'](?!\w))")
_ANY_MARK = re.compile('“|”|„|«|»|"|‟|``')

_SAY = """
retaliate retaliated retort retorted say says said saying tell tells told telling add adds added adding ask asks asked
asking write writes wrote writing written replies replied replying respond responds responded responding answers
answered answering explain explains explained explaining argue argues argued arguing notes noted noting insist insists
insisted insisting warn warns warned warning continue continues continued continuing conclude concludes concluded
concluding recall recalls recalled recalling declare declares declared declaring stated stating remarks remarked
remarking observe observes observed observing announce announces announced announcing admit admits admitted admitting
acknowledge acknowledges acknowledged acknowledging jokes joked joking quips quipped tweet tweets tweeted tweeting
retweeted posted posting concede concedes conceded conceding claims claimed claiming complain complains complained
complaining predict predicts predicted predicting suggest suggests suggested suggesting wonder wonders wondered
wondering shouts shouted shouting yell yells yelled yelling screamed chant chants chanted chanting exclaim exclaims
exclaimed whispered mutter muttered laments lamented counters countered countering interject interjected repeat
repeats repeated repeating stresses stressed stressing emphasize emphasized emphasise emphasised reiterate reiterates
reiterated testify testified testifies vows vowed vowing pledged pledges promises promised promising urge urges urged
urging demanding plead pleaded boasts boasted boasting brag bragged muse mused marvel marveled opine opined confess
confessed confirm confirms confirmed confirming cautions cautioned cautioning advise advised allege alleges alleged
alleging assert asserts asserted asserting contend contends contended contending maintain maintains maintained
maintaining reveal reveals revealed disclose disclosed inform informed agreeing echo echoed echoes snapped thundered
boomed barked deadpanned demurred sighed laughed gushed intoned ventured volunteered elaborated proclaim proclaims
proclaimed proclaiming preached recounted sniffed sneered scoffed scolded lectured blasted ranted railed bellowed
murmured mumbled stammered implored begged clarified specified hinted
"""

# Cues only right beside the marks: they mean much else.
_WEAK_SAY = """
report reports reported reporting state states think thinks thought imagine believe believes believed goes went began
begins put puts read reads fired shot offered offers agree agrees agreed find found remembered joined chimed summed
sing sings sang quote quotes quoted quoting demand demands demanded order ordered instructed cried
"""

# They take a phrase between marks rather than a sentence.
_DESCRIBE = """
call calls called calling describe describes described describing denounce denounces denounced denouncing dismiss
dismisses dismissed dismissing condemn condemns condemned condemning criticize criticizes criticized criticizing
criticise criticised praises praised praising accuse accuses accused accusing labels labeled labelled labeling branded
mocks mocked mocking slams slammed slamming tout touts touted touting cite cites cited citing refer refers referred
referring characterize characterized characterizes dub dubbed blames blamed express expressed welcomed welcomes hail
hails hailed attacks attacked attacking defend defended defends defending discuss discussed portray portrayed compare
compared compares speak speaks spoke speaking talks talked finds hopes hoped consider considers considered deny denies
denied denying questioned questioning bemoan bemoaned decry decried deride derided ridicule ridiculed assail assailed
blasted thank thanked apologize apologized vowed pledged threaten threatened threatens propose proposed supports
supported
"""

_SAY_ELSEWHERE = {
    "de": """
sagte sagt sagten gesagt erklärte erklärt erklärten betonte betont meinte meint teilte fügte schrieb schreibt
kritisierte kritisiert warnte warnt forderte fordert berichtete berichtet fragte fragt antwortete bestätigte nannte
sprach äußerte kündigte so
""",
    "fr": """
dit disait déclaré déclare déclarait affirmé affirme affirmait expliqué explique expliquait ajouté ajoute ajoutait
estimé estime estimait souligné souligne soulignait assuré assure assurait indiqué indique précisé précise raconté
raconte répondu répond rappelé rappelle confié confie lancé lance insisté insiste poursuit poursuivi conclu conclut
regretté regrette dénoncé dénonce annoncé annonce écrit reconnu reconnaît martelé martèle résume
""",
    "es": """
dijo dice decía afirmó afirma declaró declara explicó explica añadió añade aseguró asegura señaló señala agregó
agrega indicó indica sostuvo sostiene manifestó manifiesta subrayó subraya destacó destaca apuntó apunta advirtió
advierte comentó comenta escribió escribe respondió responde preguntó pregunta concluyó concluye insistió insiste
reconoció reconoce recordó recuerda lamentó anunció
""",
    "it": """
detto dice diceva dichiarato dichiara affermato afferma spiegato spiega aggiunto aggiunge sottolineato sottolinea
scritto scrive risposto risponde commentato commenta concluso conclude ribadito ribadisce osservato osserva
ricordato ricorda chiesto precisato precisa disse
""",
    "pt": """
disse diz dizia afirmou afirma declarou declara explicou explica acrescentou acrescenta garantiu garante destacou
destaca ressaltou escreveu escreve respondeu responde comentou comenta concluiu conclui lembrou lembra alertou
alerta anunciou perguntou contou conta
""",
    "nl": "zei zegt zeiden schreef schrijft vertelde vertelt aldus",
    "da": "sagde siger skrev skriver",
    "sv": "sade säger sa skrev skriver",
    "no": "sa sier skrev skriver",
}

_PRONOUNS = {
    **dict.fromkeys(("he", "er", "il", "él", "ele", "lui", "egli", "hij"), gazetteer.MALE),
    **dict.fromkeys(("she", "elle", "ella", "ela", "lei"), gazetteer.FEMALE),
    "who": gazetteer.GIVEN,
}
_MAX_SENTENCE = 500
_MAX_MEMORY = 4_000  # code points over which "he" may still be the last speaker
_MAX_NAMES_BACK = 100
_SENTENCE_END = re.compile(r"[.!?…][”’\"')\]]{0,3}\s{1,3}(?=[\"“‘«„`(\[]?[A-ZÀ-ÖØ-Þ0-9])|[.!?…][”’\"')\]]{0,3}\s{0,3}$")
_NOT_AN_END = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Gen|Sens?|Reps?|Govs?|Lt|Col|Maj|Capt|Sgt|Adm|Prof|Rev|St|Jr|Sr|Inc|Co|Corp|Ltd|No|vs"
    r"|Va|Pa|Fla|Calif|Ill|Mass|Mich|Minn|Wis|Ariz|Ark|Conn|Del|Ga|Ind|Kan|Ky|La|Md|Mo|Neb|Nev|Okla|Ore|Tenn|Tex|Vt))$"
)
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+){0,3}")
# “…” — Pamela Padilla
_SIGNED = re.compile(r" ?[―—–-] ?([A-ZÀ-ÖØ-Þ][\w’'.-]+(?: [A-ZÀ-ÖØ-Þ][\w’'.-]*){1,3}) ?(?=[\n.]|$)")
_CAPITALISED = re.compile(rf"[{gazetteer.UPPER}](?<!\w.)\w*")
_NO_SUBJECTS = gazetteer.FUNCTION | gazetteer.PEOPLE | gazetteer.CALENDAR | gazetteer.TITLE
_NO_NAMES = (
    gazetteer.FUNCTION
    | gazetteer.PEOPLE
    | gazetteer.CALENDAR
    | gazetteer.NOT_PERSON
    | gazetteer.TITLE
    | gazetteer.COMMON
    | gazetteer.ABBREVIATION
)
# A blank line, or a line's end where a sentence ends as well.
_PARAGRAPH_BREAK = re.compile(r"\n(?:\n|(?<=[.!?:”\"'’]\n))")
_OPENS_PARAGRAPH = re.compile(r"\n{1,2}(?:[“\"„«»]|``)")
_NO_CUE_AFTER = frozenset(
    {
        "to",
        "the",
        "a",
        "an",
        "of",
        "and",
        "not",
        "that",
        "or",
        "for",
        "with",
        "his",
        "her",
        "their",
        "its",
        "this",
        "no",
    }
    | {"would", "could", "should", "will", "can", "may", "might", "must", "did", "do", "does"}
)
_ACCORDING = frozenset({"selon", "según", "segundo", "secondo", "laut", "volgens"})
_AUXILIARIES = frozenset("a ha hat haben ont avait aveva había han hanno ai avaient hatte hebben heeft har".split(" "))
# dit-il, explique-t-elle, a-t-il ajouté
_VERB_AND_PRONOUN = re.compile(r"(\w{1,20}?)(?:-t)?-(il|elle)")
_SMALL_WORDS = frozenset(
    {"of", "the", "and", "a", "an", "in", "to", "for", "on", "at", "with", "by", "from", "or"}
    | {"de", "la", "le", "du", "des", "und", "der", "die", "das", "el", "y", "e"}
)
_APPOSITION = re.compile(r", ((?:the|an?|der|die|le|la|el|il|o) [^,.;]{3,60})")
_PASSIVE = frozenset({"was", "were", "been", "being", "when", "is"})
_PREPOSITION = re.compile(r"\b(?:for|of|to|from|with|by|in|at|on|about|who|that|after|before|when|as)\b")
_AFTER_PREPOSITION = re.compile(
    r"\b(?:for|of|to|from|with|by|in|at|on|about|against|between|than|and|like|over|if|whether|that|why|as) (?:\S+ )?$"
)
_NOUN_FOLLOWS = re.compile(r" (?!(?:in|on|at|to|also|has|had|and|said|says|of|for|after|last|this|it|is)\b)[a-z]")
_COMMON_SUBJECT = re.compile(r"\w+s|[A-Z]\w* \w+(?:ers|ors|ists|ants|ials)|What|Others?")
# What may stand between a subject and its verb.
_ADVERBS = re.compile(
    r"[\s,]{0,3}(?:\([^()]{1,30}\)[\s,]{0,3})?(?:(?:\w{2,20}ly|also|has|had|have|then|later|again|once|even|now|further|often"
    r"|never|still|just|soon|himself|herself|who|would|will|is|was|did|does|first|instead|aussi|también|anche|também"
    r"|a|hat|habe|ha|há|been|[RDI]-\w+\.?)[\s,]{1,3}){0,3}"
)
_TITLED = re.compile(
    r"\b(?:[Tt]he|[Dd]er|[Dd]ie|[Ll]e|[Ll]a|[Ee]l|[Ii]l|[Oo]) (?:[\w.-]+ ){0,3}?"
    r"(president|minister|premier|senator|governor|mayor|congressman|congresswoman|representative|secretary|chairman"
    r"|chairwoman|chancellor|ambassador|candidate|nominee|billionaire|businessman|businesswoman|mogul|magnate|lawyer"
    r"|attorney|lawmaker|officer|professor|director|manager|coach|author|writer|actor|actress|singer|judge|justice"
    r"|prosecutor|general|admiral|colonel|sheriff|pope|prince|princess|king|queen|archbishop|bishop|cardinal|pastor"
    r"|economist|scientist|researcher|neurosurgeon|surgeon|doctor|front-runner|frontrunner|leader|speaker|tycoon"
    r"|executive|activist|diplomat|envoy|commissioner|politician|statesman|ministerin|präsident|präsidentin|kanzler"
    r"|kanzlerin|ministre|président|présidente|presidente|presidenta|ministro|ministra)\b(?! (?:of|for|who)\b)",
    re.IGNORECASE,
)
_SHORT_TITLES = {
    "senator": "sen.",
    "governor": "gov.",
    "representative": "rep.",
    "congressman": "rep.",
    "congresswoman": "rep.",
    "general": "gen.",
    "professor": "prof.",
    "doctor": "dr.",
}


@dataclass(slots=True)
class _Span:
    """Something between marks: offsets without and with the marks, and whether the closing mark was seen."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """An attribution; `speaker` is None where somebody unnamed speaks ("a spokesman said")."""

    speaker: str | None
    cue: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class _Named:
    """One place where a person or an organisation is named."""

    start: int
    end: int
    name: str
    kind: str


def find_quotes(body_text: str, *, mentions: Sequence[Mention], language: str | None) -> tuple[Quote, ...]:
    """Direct speech in order of appearance, each with its speaker where the text names one."""
    if not _ANY_MARK.search(body_text) and "‘" not in body_text and " '" not in body_text and "\n'" not in body_text:
        return ()
    return tuple(_Reader(body_text, mentions, language).read())


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        gap = _PARAGRAPH_BREAK.search(text, start)
        end, following = gap.span() if gap else (len(text), len(text))
        if end > start:
            yield start, end
        start = following


def _spans(text: str, start: int, end: int) -> list[_Span]:
    """Pair the marks of one paragraph; nested marks stay inside."""
    spans: list[_Span] = []
    opened: re.Match[str] | None = None
    depth = 0
    for mark in _MARK.finditer(text, start, end):
        sign = mark[0]
        before = text[mark.start() - 1] if mark.start() > start else " "
        after = text[mark.end()] if mark.end() < end else " "
        if opened is None:
            if _opens(sign, before, after):
                opened, depth = mark, 0
            continue
        first = opened[0]
        if sign == first and sign not in '"”' and _opens(sign, before, after):
            depth += 1
        elif sign in _CLOSING[first]:
            if sign == first == '"' and before.isspace() and after.isalnum():
                opened = mark
            elif depth and sign != '"':
                depth -= 1
            else:
                spans.append(_trimmed(text, opened.end(), mark.start(), opened.start(), mark.end()))
                opened = None
    if opened is not None:
        spans.append(_Span(opened.end(), end, opened.start(), end, closed=False))
    return spans


def _trimmed(text: str, start: int, end: int, outer_start: int, outer_end: int) -> _Span:
    """French marks keep a space on their inner side; it is no part of what was said."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return _Span(start, end, outer_start, outer_end, closed=True)


def _single_spans(text: str, start: int, end: int) -> list[_Span]:
    """‘…,’ where an article uses no other marks: from the last opening mark to one that ends a clause."""
    spans: list[_Span] = []
    opened = -1
    for mark in _SINGLE.finditer(text, start, end):
        if mark.lastgroup == "open":
            opened = mark.start()
        elif opened >= 0:
            spans.append(_Span(opened + 1, mark.start(), opened, mark.end(), closed=True))
            opened = -1
    return spans


def _opens(sign: str, before: str, after: str) -> bool:
    if sign in ("“", "„", "«", "``"):
        return True
    if sign == "''":
        return False
    return not after.isspace() and (before.isspace() or before in "([{—–-/:'‘")


class _Reader:
    """One article on its way from marks to quotations.

    `last` is the last attribution and `last_end` where its paragraph ended.
    """

    def __init__(self, text: str, mentions: Sequence[Mention], language: str | None) -> None:
        self.text = text
        tongue = (language or "")[:2].lower() or None
        self.says = _says(tongue)
        self.english = tongue in (None, "en")
        self.classes = gazetteer.word_classes()
        self.full_names = {m.text: m.name for m in mentions if m.kind == "person"}
        self.named = _locate(text, mentions)
        self.starts = [n.start for n in self.named]
        self.quoted: list[tuple[int, int]] = []
        self.last: _Said | None = None
        self.last_end = self.last_until = -9

    def read(self) -> Iterator[Quote]:
        text = self.text
        carried = False
        introduced: _Said | None = None
        pair = _spans if _ANY_MARK.search(text) else _single_spans
        for start, end in _paragraphs(text):
            spans = pair(text, start, end)
            if spans and not spans[-1].closed and not carried and not _OPENS_PARAGRAPH.match(text, end):
                spans.pop()
            self.quoted.extend((s.start, s.end) for s in spans)
            yield from self._paragraph(start, end, spans, carried, introduced)
            carried = bool(spans) and not spans[-1].closed
            introduced = None
            if text[end - 1] in ":,":
                floor = spans[-1].outer_end if spans else start
                introduced = self._before(self._sentence_start(end, floor), end)

    def _paragraph(
        self, start: int, end: int, spans: Sequence[_Span], carried: bool, introduced: _Said | None
    ) -> Iterator[Quote]:
        previous: _Said | None = None
        for i, span in enumerate(spans):
            floor = spans[i - 1].outer_end if i else start
            ceiling = spans[i + 1].outer_start if i + 1 < len(spans) else end
            at_start = i == 0 and span.outer_start == start
            kind: QuoteKind = "direct"
            said: _Said | None
            if at_start and carried and self.last:
                said, kind = _continued(self.last), "continued"
            else:
                said = self._after(span, ceiling)
                if at_start and introduced and (said is None or said.speaker is None):
                    said = introduced
                elif said is None or (said.speaker is None and previous):
                    said, kind = self._led_in(span, floor, previous, said)
            if said is None and at_start and self.last and span.outer_end >= end - 1 and start - self.last_end <= 2:
                said, kind = _continued(self.last), "continued"
            quote = self._quote(span, said, kind)
            if quote is None:
                continue
            yield quote
            if said is not None:
                previous = self.last = said
                self.last_end = end
                self.last_until = self._sentence_stop(span.outer_end, ceiling)

    def _led_in(
        self, span: _Span, floor: int, previous: _Said | None, after: _Said | None
    ) -> tuple[_Said | None, QuoteKind]:
        """What stands before the quotation in its paragraph: its own sentence's cue, else the quotation before it."""
        text = self.text
        sentence = self._sentence_start(span.outer_start, floor)
        lead = text[sentence : span.outer_start].rstrip()
        if not lead and previous is None and sentence > floor:
            sentence = self._sentence_start(sentence - 2, floor)
            return self._before(sentence, span.outer_start) if after is None else after, "direct"
        kind: QuoteKind = "direct"
        if lead and lead[-1] not in ",:—–-" and self._is_partial(span):
            kind = "partial"
        if after is not None:
            return after, kind
        same_breath = previous is not None and sentence == floor
        said = self._before(sentence, span.outer_start, mid_sentence=same_breath) if lead else None
        same_speaker = previous is not None and said is not None and said.speaker in (None, previous.speaker)
        if previous is not None and (said is None or (same_breath and same_speaker)):
            return _continued(previous), "continued" if kind == "direct" else kind
        return said, kind

    def _is_partial(self, span: _Span) -> bool:
        content = self.text[span.start : span.end]
        return content[:1].islower() or len(content.split()) <= 2

    def _quote(self, span: _Span, said: _Said | None, kind: QuoteKind) -> Quote | None:
        """The row, unless it is a scare quote, a nickname, or the title of a work."""
        content = self.text[span.start : span.end]
        words = len(content.split())
        if not words:
            return None
        if said is None:
            if (
                words < 5
                or _is_a_title(content)
                or not content[0].isupper()
                or content.rstrip("’')] ")[-1:] not in tuple(".!?,…")
            ):
                return None
            return Quote(content, span.start, span.end, None, None, "direct", None)
        if kind == "partial" and (words <= 2 or _is_a_title(content)):
            return None
        if kind == "continued" and words <= 3 and _is_a_title(content):
            return None
        return Quote(content, span.start, span.end, said.speaker, said.cue, kind, said.source if said.speaker else None)

    def _sentence_start(self, at: int, floor: int) -> int:
        best = floor
        for match in _SENTENCE_END.finditer(self.text, max(floor, at - _MAX_SENTENCE), at):
            if not _NOT_AN_END.search(self.text, max(floor, match.start() - 8), match.start()):
                best = match.end()
        return best

    def _sentence_stop(self, at: int, ceiling: int) -> int:
        ceiling = min(ceiling, at + _MAX_SENTENCE)
        for match in _SENTENCE_END.finditer(self.text, at, ceiling):
            if not _NOT_AN_END.search(self.text, max(at, match.start() - 8), match.start()):
                return match.start() + 1
        return ceiling

    def _after(self, span: _Span, ceiling: int) -> _Said | None:
        """“…,” said X · “…,” X said · “…,” the minister told reporters"""
        text = self.text
        tail = span.outer_end
        if not span.closed or text[tail : tail + 1] not in (",", " ", "-", "—", "–", "―", "\n"):
            return None
        closing = text[span.start : span.end].rstrip("’')] ")[-1:]
        stops = closing and closing in ",?!.…—-–"
        if not stops and text[tail] not in ",—–-" and not (text[span.start].isupper() and span.end - span.start > 60):
            return None
        stop = self._sentence_stop(tail, ceiling)
        new_sentence = closing in (".", "…") and text[tail + 1 : tail + 2].isupper()
        if new_sentence and text[stop - 1] not in ".!?":
            return None
        says, weak = self.says, _weak_says()
        signed = _SIGNED.match(text, tail)
        if signed and closing in (".", "!", "?", "…"):
            return _Said(self.full_names.get(signed[1], signed[1]), None, "named")
        words = list(_TOKEN.finditer(text, tail, stop))
        if words and words[0][0].lower() == "according":
            return self._inverted(words[0].end() + 3, stop, "according to")
        if words and not self.english:
            words = words[_auxiliaries(words) :]
            suffixed = _VERB_AND_PRONOUN.fullmatch(words[0][0]) if words else None
            if suffixed and len(words) > 1 and suffixed[1] == "a":
                return _Said(self._last_person(tail, _PRONOUNS[suffixed[2]]), words[1][0], "pronoun")
            if suffixed and suffixed[1] in says:
                return _Said(self._last_person(tail, _PRONOUNS[suffixed[2]]), suffixed[1], "pronoun")
        for n, word in enumerate(words[:30]):
            token = word[0]
            if token not in says and not (token in weak and n < 4):
                continue
            if n and words[n - 1][0] in _NO_CUE_AFTER and (self.english or n > 1):
                continue
            if n == 0 and not self.english and len(words) == 1:
                return _Said(self._last_person(tail, gazetteer.GIVEN), token, "pronoun")
            if n == 0:
                return None if token.endswith("ing") else self._inverted(word.end(), stop, token)
            if new_sentence and len(words) - n > 6:
                return None
            return self._subject(words[0].start(), word.start(), token)
        return None

    def _before(self, start: int, end: int, *, mid_sentence: bool = False) -> _Said | None:
        """X said: “…” · according to X, “…” · X called it “…” · X: “…”"""
        text = self.text
        words = list(_TOKEN.finditer(text, max(start, end - _MAX_SENTENCE), end))
        if not words:
            return None
        lead = text[start:end].rstrip()[-1:]
        says, weak, describes = self.says, _weak_says(), _describes()
        described: _Said | None = None
        for n in range(len(words) - 1, -1, -1):
            token = words[n][0]
            lower = token.lower() if n == 0 else token
            if lower == "according" and n + 1 < len(words):
                return self._inverted(words[n].end() + 3, end, "according to")
            if not self.english and n + 1 < len(words) and token.lower() in _ACCORDING:
                return self._inverted(words[n].end(), end, token)
            describing = lower in describes and lead not in ",:"
            beside = lower in weak and lead in (",", ":") and len(words) - n <= 5
            blocked = n and words[n - 1][0] in _NO_CUE_AFTER and self.english
            if not (describing or beside or lower in says) or blocked:
                continue
            if n == 0 and lower.endswith("ing"):
                return described or (_Said(None, token, None) if mid_sentence else None)
            if n == 0:
                return described or self._inverted(words[n].end(), end, token)
            if words[n - 1][0] in _PASSIVE and lower in ("asked", "told"):
                return _Said(None, token, None)
            said = self._subject(words[0].start(), words[n].start(), token)
            if lower in says or said.source == "pronoun":
                return said
            described = described or said
        if described:
            return described
        if lead == ":" or (lead == "," and words[0][0].lower() in _PRONOUNS):
            return self._subject(words[0].start(), end, None)
        return None

    def _inverted(self, start: int, end: int, cue: str) -> _Said:
        """The subject behind its verb: "said John Smith, the mayor"; "said a spokesman for the mayor" names nobody."""
        text = self.text
        first = _TOKEN.search(text, start, end)
        if first is None:
            return _Said(None, cue, None)
        gender = _gender(first[0])
        if gender:
            return _Said(self._last_person(start, gender), cue, "pronoun")
        for named in self._between(start, end):
            gap = text[start : named.start]
            if len(gap) > 120 or _PREPOSITION.search(gap) or ("," in gap and cue == "according to"):
                break
            if self._owns(named):
                continue
            if named.kind == "person" or not _NOUN_FOLLOWS.match(text, named.end):
                return _Said(named.name, cue, "named")
        name = _NAME.match(text, first.start())
        if name and self._may_be_a_name(name[0]):
            return _Said(self.full_names.get(name[0], name[0]), cue, "named")
        return self._by_title(start, end, cue)

    def _subject(self, start: int, end: int, cue: str | None) -> _Said:
        """The subject before its verb, in text[start:end]: next to the verb if it stands there, else first."""
        text = self.text
        named = [n for n in self._between(start, end) if not self._qualifies(n)]
        words = list(_TOKEN.finditer(text, start, end))
        participle = cue is not None and cue.endswith("ing") and text[start:end].rstrip()[-1:] == ","
        beside = None if participle else self._beside_the_verb(named, words, start, end, cue)
        if beside:
            return beside
        for word in words[:2]:
            gender = _gender(word[0])
            if gender and word[0].lower() != "who":
                return _Said(self._last_person(word.start(), gender), cue, "pronoun")
        for n in named:
            if n.kind == "person" and not _AFTER_PREPOSITION.search(text, max(start, n.start - 14), n.start):
                return _Said(n.name, cue, "named")
        for word in words:
            gender = _gender(word[0])
            if gender:
                return _Said(self._last_person(word.start(), gender), cue, "pronoun")
        titled = self._by_title(start, end, cue)
        if titled.speaker:
            return titled
        for n in named:
            if n.kind == "organisation" and n.start - start < 40 and not _NOUN_FOLLOWS.match(text, n.end):
                return _Said(n.name, cue, "named")
        return _Said(None, cue, None)

    def _beside_the_verb(
        self, named: Sequence[_Named], words: Sequence[re.Match[str]], start: int, end: int, cue: str | None
    ) -> _Said | None:
        text = self.text
        if named and _ADVERBS.fullmatch(text, named[-1].end, end) and (named[-1].kind == "person" or cue):
            return _Said(named[-1].name, cue, "named")
        for word in words[-4:][::-1]:
            gender = _gender(word[0])
            if gender and _ADVERBS.fullmatch(text, word.end(), end):
                relative = word[0].lower() == "who"
                return _Said(self._last_person(word.start(), gender), cue, "named" if relative else "pronoun")
        last = next((w for w in reversed(words) if not _ADVERBS.fullmatch(text, w.start(), end)), None)
        if last and last[0][0].isupper():
            first = last.start()
            for word in reversed(words):
                if word.end() == first - 1 and word[0][0].isupper() and text[word.end()] == " ":
                    first = word.start()
            name = text[first : last.end()]
            stands_alone = first == start or text[first - 2] in ",.;:\"”'\n"
            if stands_alone and self._may_be_a_subject(name) and not _COMMON_SUBJECT.fullmatch(name):
                return _Said(self.full_names.get(name, name), cue, "named")
        titled = self._by_title(start, end, cue, at_end=True)
        return titled if titled.speaker else None

    def _named_before(self, at: int) -> Iterator[_Named]:
        """Who was named before `at`, the last one first; not further back than a reader remembers."""
        last = bisect_left(self.starts, at) - 1
        for k in range(last, max(-1, last - _MAX_NAMES_BACK), -1):
            yield self.named[k]

    def _between(self, start: int, end: int) -> list[_Named]:
        return self.named[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def _owns(self, named: _Named) -> bool:
        """Trump's campaign is not Trump."""
        return self.text[named.end : named.end + 2] in ("'s", "’s")

    def _may_be_a_name(self, name: str) -> bool:
        return not any(self.classes.get(word, 0) & _NO_NAMES for word in name.split())

    def _may_be_a_subject(self, name: str) -> bool:
        """Unlike a person, a group may be called by common words: "Judicial Watch"."""
        if " " not in name:
            return self._may_be_a_name(name)
        return not any(self.classes.get(word, 0) & _NO_SUBJECTS for word in name.split())

    def _by_title(self, start: int, end: int, cue: str | None, *, at_end: bool = False) -> _Said:
        """The minister said: whoever was called a minister, else the person last named."""
        for match in _TITLED.finditer(self.text, start, end):
            if not at_end or _ADVERBS.fullmatch(self.text, match.end(), end):
                return _Said(self._titled_person(match[1].lower(), start), cue, "title")
        return _Said(None, cue, None)

    def _titled_person(self, title: str, at: int) -> str | None:
        short = _SHORT_TITLES.get(title, title)
        for named in self._named_before(at):
            if named.kind == "person":
                before = self.text[max(0, named.start - 40) : named.start].lower()
                after = _APPOSITION.match(self.text, named.end)
                if before.rstrip().endswith((title, short)) or (after and title in after[1].lower()):
                    return named.name
        return self._last_person(at, gazetteer.GIVEN)

    def _last_person(self, at: int, gender: int) -> str | None:
        """The person last named before `at`, outside quotations, whose given name does not contradict the pronoun."""
        found: _Named | None = None
        sentence = self.last_until
        if (
            self.last
            and self.last.speaker
            and 0 <= at - self.last_until <= _MAX_MEMORY
            and self._allows(gender, self.last.speaker)
        ):
            since = self._between(self.last_until, at)
            rivals = [n for n in since if n.kind == "person" and self._allows(gender, n.name)]
            if all(self._inside_a_quotation(n.start) for n in rivals):
                return self.last.speaker
        for named in self._named_before(at):
            if named.kind != "person" or self._inside_a_quotation(named.start):
                continue
            if found is not None and named.start < sentence:
                break
            if not self._allows(gender, named.name):
                continue
            if found is None:
                found = named
                floor = max(0, self.text.rfind("\n", 0, named.start) + 1)
                sentence = self._sentence_start(named.start, floor)
            elif not self._qualifies(named) and not _AFTER_PREPOSITION.search(
                self.text, max(0, named.start - 14), named.start
            ):
                found = named
        return found.name if found else None

    def _allows(self, gender: int, name: str) -> bool:
        known = self.classes.get(name.split()[0], 0) & gazetteer.GIVEN
        return not known or bool(known & gender)

    def _qualifies(self, named: _Named) -> bool:
        """Sanders in "Sanders's voters" and in "Sanders spokesman Jeff Weaver" is nobody's subject."""
        following = _TOKEN.match(self.text, named.end + 1)
        return self._owns(named) or bool(following and self.classes.get(following[0], 0) & gazetteer.ROLE)

    def _inside_a_quotation(self, at: int) -> bool:
        k = bisect_left(self.quoted, (at + 1, 0)) - 1
        return k >= 0 and self.quoted[k][0] <= at < self.quoted[k][1]


def _locate(text: str, mentions: Sequence[Mention]) -> list[_Named]:
    """Every place where a person or an organisation is named, the longer name where two overlap."""
    by_text = {m.text: m for m in mentions}
    shapes: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name in by_text:
        capital = _CAPITALISED.search(name)
        if capital:
            shapes[capital[0]].add((len(name), capital.start()))
    longest_first = {word: sorted(found, reverse=True) for word, found in shapes.items()}
    named: list[_Named] = []
    taken = 0
    for word in _CAPITALISED.finditer(text):
        for size, ahead in longest_first.get(word[0], ()):
            at = word.start() - ahead
            mention = by_text.get(text[at : at + size]) if at >= taken else None
            if mention and not text[at + size : at + size + 1].isalnum():
                taken = at + size
                if mention.kind != "place":
                    named.append(_Named(at, taken, mention.name, mention.kind))
                break
    return named


def _auxiliaries(words: Sequence[re.Match[str]]) -> int:
    """How many auxiliary verbs stand first: `a` déclaré, `ha` detto."""
    return next((k for k, word in enumerate(words) if word[0].lower() not in _AUXILIARIES), 0)


def _gender(word: str) -> int | None:
    """The given names that a pronoun allows; None for other words. "He’s" is "he"."""
    lower = word.lower()
    return _PRONOUNS.get(lower) or (_PRONOUNS.get(lower[:-2]) if lower[-2:] in ("'s", "’s", "'d", "’d") else None)


def _continued(said: _Said) -> _Said:
    return _Said(said.speaker, said.cue, "continued")


def _is_a_title(content: str) -> bool:
    """ "The Old Man and the Sea": two words or more, capitalised but for the small ones."""
    words = content.rstrip(",.").split()
    capitals = [w for w in words if w[0].isupper()]
    return 2 <= len(capitals) <= 8 and all(w[0].isupper() or w in _SMALL_WORDS for w in words)


@cache
def _says(language: str | None) -> frozenset[str]:
    """The cues of English and of the article's own language; of all of them where it is not known."""
    english = frozenset(_SAY.split())
    if language is None:
        return english.union(*(words.split() for words in _SAY_ELSEWHERE.values())) - {"so", "sa", "dice"}
    return english.union(_SAY_ELSEWHERE.get(language, "").split())


@cache
def _weak_says() -> frozenset[str]:
    return frozenset(_WEAK_SAY.split())


@cache
def _describes() -> frozenset[str]:
    return frozenset(_DESCRIBE.split())
