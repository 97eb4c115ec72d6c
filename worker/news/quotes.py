"""Direct speech: what was said between marks, and by whom.

Marks are paired paragraph by paragraph, whatever their style. A quotation's speaker is looked for behind it
(“…,” said X), before it (X said, “…”), in the same breath (“…,” X said. “…”), and in what introduced its paragraph;
pronouns and titles go to the person last named. What is neither attributed nor a sentence is no quotation: a scare
quote, a nickname, the title of a work.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from worker.news import gazetteer
from worker.news.model import Mention, Quote, QuoteKind

_OPENING = {"“": '”“"', "„": '“”"', "«": "»", "»": "«»", '"': '"”', "``": "''\"”", "”": "”", "‘": "’", "‹": "›"}
_MARK = re.compile("[“”„«»\"‟]|``|''")
_ANY_MARK = re.compile('[“”„«»"‟`‘]')
_SINGLE_OPEN = re.compile(r"(?<![\w’'])[‘'](?=\w)")
_SINGLE_CLOSE = re.compile(r"(?<=[,.?!…])[’'](?!\w)")

_SAY = """
say says said saying tell tells told telling add adds added adding ask asks asked asking write writes wrote writing
written reply replies replied replying respond responds responded responding answer answers answered answering explain
explains explained explaining argue argues argued arguing note notes noted noting insist insists insisted insisting
warn warns warned warning continue continues continued continuing conclude concludes concluded concluding recall
recalls recalled recalling declare declares declared declaring state states stated stating remark remarks remarked
remarking observe observes observed observing announce announces announced announcing admit admits admitted admitting
acknowledge acknowledges acknowledged acknowledging joke jokes joked joking quip quips quipped tweet tweets tweeted
tweeting retweeted post posted posting concede concedes conceded conceding claim claims claimed claiming complain
complains complained complaining predict predicts predicted predicting suggest suggests suggested suggesting wonder
wonders wondered wondering shout shouts shouted shouting yell yells yelled yelling cry cried scream screamed chant
chants chanted chanting exclaim exclaims exclaimed whisper whispered mutter muttered lament laments lamented counter
counters countered countering retort retorted interject interjected repeat repeats repeated repeating stress stresses
stressed stressing emphasize emphasized emphasise emphasised reiterate reiterates reiterated testify testified
testifies vow vows vowed vowing pledge pledged pledges promise promises promised promising urge urges urged urging
demand demanded demands demanding plead pleaded boast boasts boasted boasting brag bragged muse mused marvel marveled
opine opined confess confessed confirm confirms confirmed confirming report reports reported reporting caution
cautions cautioned cautioning advise advised allege alleges alleged alleging assert asserts asserted asserting contend
contends contended contending maintain maintains maintained maintaining reveal reveals revealed disclose disclosed
inform informed agree agrees agreed agreeing echo echoed echoes read reads joined chimed snapped fired shot thundered
boomed barked deadpanned demurred sighed laughed gushed intoned ventured volunteered elaborated offered proclaim
proclaims proclaimed proclaiming sing sings sang preached remembered recounted thought thinks imagine believe believes
believed went goes began begins put puts sniffed sneered scoffed scolded lectured blasted ranted railed bellowed
murmured mumbled stammered implored begged instructed ordered clarified specified summed hinted quoted quotes quoting
"""

# They take a phrase between marks rather than a sentence.
_DESCRIBE = """
call calls called calling describe describes described describing denounce denounces denounced denouncing dismiss
dismisses dismissed dismissing condemn condemns condemned condemning criticize criticizes criticized criticizing
criticise criticised praise praises praised praising accuse accuses accused accusing label labels labeled labelled
labeling brand branded mock mocks mocked mocking slam slams slammed slamming tout touts touted touting cite cites
cited citing refer refers referred referring characterize characterized characterizes dub dubbed blame blames blamed
express expressed welcomed welcomes hail hails hailed attack attacks attacked attacking defend defended defends
defending discuss discussed portray portrayed compare compared compares speak speaks spoke speaking talk talks talked
talking find finds found believe believes believed feel feels felt think thinks thought want wants wanted hope hopes
hoped consider considers considered see sees saw seen promise deny denies denied denying question questioned
questioning bemoan bemoaned decry decried deride derided ridicule ridiculed assail assailed blast blasted lament thank
thanked apologize apologized sought seek vow vowed pledge pledged threaten threatened threatens propose proposed
support supports supported
"""

_SAY_ELSEWHERE = """
sagte sagt sagten erklärte erklärt erklärten betonte betont meinte meint teilte fügte schrieb schreibt kritisierte
kritisiert warnte warnt forderte fordert berichtete berichtet fragte fragt antwortete bestätigte nannte sprach äußerte
kündigte so dit disait déclaré déclare déclarait affirmé affirme affirmait expliqué explique expliquait ajouté ajoute
ajoutait estimé estime estimait souligné souligne soulignait assuré assure assurait indiqué indique précisé précise
raconté raconte répondu répond rappelé rappelle confié confie lancé lance insisté insiste poursuit poursuivi conclu
conclut regretté regrette dénoncé dénonce annoncé annonce écrit reconnu reconnaît martelé martèle résume dijo dice
decía afirmó afirma declaró declara explicó explica añadió añade aseguró asegura señaló señala agregó agrega indicó
indica sostuvo sostiene manifestó manifiesta subrayó subraya destacó destaca apuntó apunta advirtió advierte comentó
comenta escribió escribe respondió responde preguntó pregunta concluyó concluye insistió reconoció reconoce recordó
recuerda lamentó anunció detto diceva dichiarato dichiara affermato afferma spiegato spiega aggiunto aggiunge
sottolineato sottolinea ha scritto scrive risposto risponde commentato commenta concluso conclude ribadito ribadisce
osservato osserva ricordato ricorda chiesto precisato precisa disse diz dizia afirmou declarou explicou acrescentou
acrescenta garantiu garante destacou ressaltou escreveu escreve respondeu comentou concluiu conclui lembrou lembra
alertou alerta anunciou perguntou contou conta zei zegt aldus sagde siger sade säger sier sa
"""

_PRONOUNS = {
    "he": gazetteer.MALE, "she": gazetteer.FEMALE, "er": gazetteer.MALE, "il": gazetteer.MALE, "elle": gazetteer.FEMALE,
    "él": gazetteer.MALE, "ella": gazetteer.FEMALE, "ele": gazetteer.MALE, "ela": gazetteer.FEMALE, "lui": gazetteer.MALE,
    "lei": gazetteer.FEMALE, "who": gazetteer.GIVEN,
}  # fmt: skip
_SENTENCE_END = re.compile(r"[.!?…][”’\"')\]]*\s+(?=[\"“‘«„`(\[]?[A-ZÀ-ÖØ-Þ0-9])")
_NOT_AN_END = re.compile(r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Gen|Sens?|Reps?|Govs?|Lt|Col|Maj|Capt|Sgt|Adm|Prof|Rev|St|Jr|Sr|Inc|Co|Corp|Ltd|No|vs|Va|Pa|Fla"
                         r"|Calif|Ill|Mass|Mich|Minn|Wis|Ohio|Ariz|Ark|Conn|Del|Ga|Ind|Kan|Ky|La|Md|Mo|Neb|Nev|Okla|Ore|Tenn|Tex|Vt|Wash))$")  # fmt: skip
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[,;:—–]")
_TITLED = re.compile(
    r"\b(?:[Tt]he|[Dd]er|[Dd]ie|[Ll]e|[Ll]a|[Ee]l|[Ii]l|[Oo]) (?:[\w.-]+ ){0,3}?"
    r"(president|minister|premier|senator|governor|mayor|congressman|congresswoman|congressm[ae]n|representative|secretary|chairman"
    r"|chairwoman|chancellor|ambassador|candidate|nominee|billionaire|businessman|businesswoman|mogul|magnate|lawyer|attorney|lawmaker|official|officer"
    r"|spokesman|spokeswoman|spokesperson|professor|director|manager|coach|author|writer|actor|actress|singer|judge|justice"
    r"|prosecutor|general|admiral|colonel|sheriff|pope|prince|princess|king|queen|archbishop|bishop|cardinal|pastor|analyst"
    r"|economist|scientist|researcher|neurosurgeon|surgeon|doctor|democrat|republican|front-runner|frontrunner|leader|chief|speaker"
    r"|tycoon|executive|strategist|activist|diplomat|envoy|player|star|host|moderator|commissioner|politician|independent"
    r"|statesman|Minister|Ministerin|Präsident|Präsidentin|Kanzler|Kanzlerin|ministre|président|présidente|presidente|presidenta"
    r"|ministro|ministra)\b"
)


@dataclass(slots=True)
class _Span:
    """Something between marks: offsets without the marks, and whether its closing mark was seen."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    closed: bool


@dataclass(slots=True)
class _Said:
    speaker: str | None
    cue: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class _Occurrence:
    start: int
    end: int
    name: str
    kind: str


def find_quotes(body_text: str, *, mentions: Sequence[Mention], language: str | None) -> tuple[Quote, ...]:
    """Direct speech in order of appearance, each with its speaker where the text names one."""
    if not _ANY_MARK.search(body_text):
        return ()
    return tuple(_Reader(body_text, mentions).read())


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n\n", start)
        if end < 0:
            end = len(text)
        yield start, end
        start = end + 2


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
        if sign == first and sign != '"' and _opens(sign, before, after) and sign != "”":
            depth += 1
        elif sign in _OPENING.get(first, ""):
            if sign == '"' and first == '"' and before.isspace() and not after.isspace() and after.isalnum():
                opened = mark
            elif depth and sign != '"':
                depth -= 1
            else:
                spans.append(_Span(opened.end(), mark.start(), opened.start(), mark.end(), closed=True))
                opened = None
    if opened is not None:
        spans.append(_Span(opened.end(), end, opened.start(), end, closed=False))
    return spans


def _opens(sign: str, before: str, after: str) -> bool:
    if sign in ("“", "„", "«", "``"):
        return True
    if sign == "''":
        return False
    return not after.isspace() and (before.isspace() or before in "([{—–-/:'‘")


class _Reader:
    """One article on its way from marks to quotations; `last` is who spoke last."""

    def __init__(self, text: str, mentions: Sequence[Mention]) -> None:
        self.text = text
        self.says = _cues()
        self.people: list[_Occurrence] = []
        self.starts: list[int] = []
        self._locate(mentions)
        self.last = _Said(None, None, None)
        self.last_end = -1

    def _locate(self, mentions: Sequence[Mention]) -> None:
        """Every place where a mention's text stands, longest first where two overlap."""
        text, found = self.text, []
        for mention in mentions:
            at = text.find(mention.text, mention.start)
            size = len(mention.text)
            while at >= 0:
                if not (text[at - 1 : at].isalnum() or text[at + size : at + size + 1].isalnum()):
                    found.append((at, -size, mention.name, mention.kind))
                at = text.find(mention.text, at + size)
        found.sort()
        taken = 0
        for at, size, name, kind in found:
            if at >= taken:
                taken = at - size
                self.people.append(_Occurrence(at, taken, name, kind))
        self.starts = [p.start for p in self.people]

    def between(self, start: int, end: int) -> list[_Occurrence]:
        return self.people[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def read(self) -> Iterator[Quote]:
        text = self.text
        carried = False
        introduced: _Said | None = None
        for start, end in _paragraphs(text):
            spans = _spans(text, start, end)
            if spans and not spans[-1].closed:
                follows = text[end : end + 3].lstrip("\n")[:1]
                if spans[-1].outer_start != start and not (follows and follows in '“"„«»`'):
                    spans.pop()
            yield from self._paragraph(start, end, spans, carried, introduced)
            carried = bool(spans) and not spans[-1].closed
            rest = text[spans[-1].outer_end if spans else start : end]
            introduced = None
            if rest.rstrip()[-1:] in (":", ","):
                introduced = self._before(self._sentence_start(end, start), end, start)

    def _paragraph(
        self, start: int, end: int, spans: Sequence[_Span], carried: bool, introduced: _Said | None
    ) -> Iterator[Quote]:
        text = self.text
        previous: _Said | None = None
        for i, span in enumerate(spans):
            content = text[span.start : span.end]
            words = len(content.split())
            floor = spans[i - 1].outer_end if i else start
            ceiling = spans[i + 1].outer_start if i + 1 < len(spans) else end
            before = text[floor : span.outer_start]
            at_start = not before.strip()
            said = None
            kind: QuoteKind = "direct"
            if i == 0 and at_start and (carried or introduced):
                said = self.last if carried and self.last.speaker else introduced
                kind = "continued" if carried else "direct"
            said = said or self._after(span, ceiling, end)
            if said is None:
                said = self._before(self._sentence_start(span.outer_start, start), span.outer_start, floor)
                if said is not None and not self._whole(span, before):
                    kind = "partial"
            if said is None and previous is not None:
                said, kind = _Said(previous.speaker, previous.cue, "continued"), "continued"
            if (
                said is None
                and at_start
                and i == 0
                and not text[span.outer_end : end].strip(" .\n")
                and self.last.speaker
                and 0 <= start - self.last_end <= 2
            ):
                said, kind = _Said(self.last.speaker, None, "continued"), "continued"
            if said is None:
                if words >= 5 and self._sentence(content):
                    yield Quote(content, span.start, span.end, None, None, "direct", None)
                continue
            if words <= 2 and kind == "partial":
                continue
            if self._work_title(content) and kind == "partial":
                continue
            yield Quote(
                content, span.start, span.end, said.speaker, said.cue, kind, said.source if said.speaker else None
            )
            previous = said
            self.last = said
            self.last_end = end if span is spans[-1] else -1

    def _whole(self, span: _Span, before: str) -> bool:
        lead = before.rstrip()[-1:]
        return lead in (",", ":", "") or (self.text[span.start].isupper() and lead in "-—–")

    def _sentence(self, content: str) -> bool:
        return content[:1].isupper() and content.rstrip()[-1:] in ".!?,…"

    def _work_title(self, content: str) -> bool:
        words = [w for w in content.rstrip(",.").split() if len(w) > 3]
        return bool(words) and all(w[0].isupper() for w in words) and len(content.split()) <= 8

    def _sentence_start(self, at: int, floor: int) -> int:
        best = floor
        for match in _SENTENCE_END.finditer(self.text, max(floor, at - 600), at):
            if not _NOT_AN_END.search(self.text, max(floor, match.start() - 8), match.start()):
                best = match.end()
        return best

    def _sentence_stop(self, at: int, ceiling: int) -> int:
        for match in _SENTENCE_END.finditer(self.text, at, ceiling):
            if not _NOT_AN_END.search(self.text, max(at, match.start() - 8), match.start()):
                return match.start() + 1
        return ceiling

    def _after(self, span: _Span, ceiling: int, end: int) -> _Said | None:
        """“…,” said X · “…,” X said · “…,” the minister told reporters"""
        text = self.text
        closing = text[span.end - 1] if span.end > span.start else ""
        tail = span.outer_end
        if text[tail : tail + 1] not in (",", " ", "-", "—", "–"):
            return None
        stop = min(self._sentence_stop(tail, ceiling), tail + 240)
        full = closing in ".…" and text[tail : tail + 1] == " " and text[tail + 1 : tail + 2].isupper()
        words = list(_TOKEN.finditer(text, tail, stop))
        while words and words[0][0] in ",—–":
            words.pop(0)
        for n, word in enumerate(words[:40]):
            lower = word[0].lower()
            if lower not in self.says:
                continue
            if n == 0:
                if full:
                    return None
                return self._speaker_in(word.end(), stop, word[0], inverted=True)
            if n and words[n - 1][0].lower() in ("to", "the", "a", "of", "and", "not", "that"):
                continue
            if full and len(words) - n > 4:
                return None
            if closing not in ",?!.…—-" and text[tail] not in ",—–":
                return None
            return self._speaker_in(words[0].start(), word.start(), word[0])
        return None

    def _before(self, start: int, end: int, floor: int) -> _Said | None:
        """X said: “…” · according to X, “…” · X called it “…”"""
        text = self.text
        words = list(_TOKEN.finditer(text, max(start, end - 400), end))
        lead = text[start:end].rstrip()[-1:]
        if not words:
            return None
        for n in range(len(words) - 1, -1, -1):
            lower = words[n][0].lower()
            if lower == "according" and n + 1 < len(words):
                return self._speaker_in(words[n].end() + 3, end, "according to", inverted=True)
            if lower in self.says or (lower in _describing() and lead not in ",:"):
                if n and words[n - 1][0].lower() in ("to", "the", "a", "of", "not"):
                    continue
                if n == 0 and not lower.endswith("ing"):
                    return self._speaker_in(words[n].end(), end, words[n][0], inverted=True)
                return self._speaker_in(start, words[n].start(), words[n][0])
        if lead in (":", ",") and (lead == ":" or words[0][0].lower() in _PRONOUNS):
            return self._speaker_in(start, end, None)
        return None

    def _speaker_in(self, start: int, end: int, cue: str | None, inverted: bool = False) -> _Said | None:
        """The subject in text[start:end], which stands next to the cue."""
        text = self.text
        segment = text[start:end]
        if inverted:
            first = _TOKEN.search(text, start, end)
            if first is None:
                return _Said(None, cue, None)
            pronoun = _PRONOUNS.get(first[0].lower())
            if pronoun:
                return _Said(self._pronoun(start, pronoun), cue, "pronoun")
            stop = text.find(",", start, end)
            for person in self.between(start, end):
                if stop >= 0 and person.start > stop + 60:
                    break
                if text[person.end : person.end + 2] in ("'s", "’s"):
                    continue
                return _Said(person.name, cue, "named")
            return self._titled(start, end, cue)
        pronoun_at = [
            (m.start(), _PRONOUNS[m[0].lower()]) for m in _TOKEN.finditer(text, start, end) if m[0].lower() in _PRONOUNS
        ]
        people = [
            p for p in self.between(start, end)
            if text[p.end : p.end + 2] not in ("'s", "’s") and p.kind != "place"
        ]  # fmt: skip
        persons = [p for p in people if p.kind == "person"] or people
        if pronoun_at and pronoun_at[-1][1] == gazetteer.GIVEN:
            if persons:
                return _Said(persons[0].name, cue, "named")
            pronoun_at.pop()
        if pronoun_at and (not persons or pronoun_at[-1][0] > persons[-1].end or pronoun_at[0][0] < persons[0].start):
            return _Said(self._pronoun(pronoun_at[-1][0], pronoun_at[-1][1]), cue, "pronoun")
        if persons:
            near = persons[-1]
            if len(text[near.end : end].split()) <= 2 and not text[near.end : end].lstrip().startswith(","):
                return _Said(near.name, cue, "named")
            return _Said(persons[0].name, cue, "named")
        return self._titled(start, end, cue) if segment.strip() else _Said(None, cue, None)

    def _titled(self, start: int, end: int, cue: str | None) -> _Said:
        match = _TITLED.search(self.text, start, end)
        if match:
            return _Said(self._pronoun(start, gazetteer.GIVEN), cue, "title")
        return _Said(None, cue, None)

    def _pronoun(self, at: int, gender: int) -> str | None:
        """The person last named before `at` whose given name does not contradict the pronoun."""
        classes = gazetteer.word_classes()
        for k in range(bisect_left(self.starts, at) - 1, -1, -1):
            person = self.people[k]
            if person.kind != "person":
                continue
            known = classes.get(person.name.split()[0], 0) & gazetteer.GIVEN
            if not known or known & gender:
                return person.name
        return None


@cache
def _cues() -> frozenset[str]:
    return frozenset(_SAY.split()) | frozenset(_SAY_ELSEWHERE.split())


@cache
def _describing() -> frozenset[str]:
    return frozenset(_DESCRIBE.split())
