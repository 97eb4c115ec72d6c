"""News agencies: the names they are written by, and which of them wrote a piece.

An agency's credit stands in the dateline, the credit line, the byline or the rights line; `attribute` takes the first
of these that names one and says which it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Canonical name, then the other ways it is written. One word counts only as it is written here (`AP`, not `ap`; `DPA`
# and `dpa` are both listed because that agency writes itself small); names of several words count in any case.
_TABLE = """
AP: Associated Press; The Associated Press; A.P.; APTN
Reuters: Reuter; Thomson Reuters; REUTERS; REUTER; Рейтер; رويترز; ロイター; Thomson Reuters Foundation
AFP: Agence France-Presse; Agence France Presse; A.F.P.; Agence-France Presse; أ ف ب; ا ف ب; AFP時事
UPI: United Press International
Xinhua: Xinhua News Agency; XINHUA; 新华社; 新华网; Xinhuanet; Xinhua/UNP
CNS: China News Service; 中新社; 中新网
TASS: ITAR-TASS; Itar-Tass; ТАСС; ИТАР-ТАСС; Tass
Interfax: INTERFAX; INTERFAX.RU; Интерфакс; ИНТЕРФАКС; Interfax-Ukraine; Интерфакс-Украина; Interfax-Ukraina
RIA Novosti: РИА Новости; RIA; РИА; RIA Nowosti
Sputnik: SPUTNIK; Sputnik News; Спутник
PRIME: ПРАЙМ; Прайм
UNN: УНН
Regnum: ИА Регнум; REGNUM
Ukrinform: UKRINFORM; Укрінформ; Укринформ
UNIAN: УНІАН; УНИАН
BelTA: BELTA; БЕЛТА; БелТА
Yonhap: Yonhap News Agency; YONHAP; 연합뉴스; 연합; Yonhap News
News1: 뉴스1
Newsis: 뉴시스; NEWSIS
KCNA: Korean Central News Agency; 조선중앙통신
Kyodo: Kyodo News; KYODO; 共同; 共同通信; Kyodo News Service; KYODO NEWS
Jiji: Jiji Press; JIJI; 時事; 時事通信
dpa: DPA; Deutsche Presse-Agentur; dpa-AFX; dpa/lrs; dpa International
AFX: dpa-AFX ProFeed
taz: TAZ
epd: Evangelischer Pressedienst
KNA: Katholische Nachrichten-Agentur
SID: Sport-Informations-Dienst
ddp: DDP; dapd; DAPD
APA: Austria Presse Agentur
sda: SDA; Keystone-SDA; Keystone-ATS; Schweizerische Depeschenagentur
awp: AWP
ATS: ats; Agence télégraphique suisse
EFE: Agencia EFE; Efe; EFE News
Europa Press: EUROPA PRESS; EP
ACN: Agència Catalana de Notícies
ANSA: Ansa; Agenzia ANSA
AGI: Agenzia Italia
Adnkronos: ADNKRONOS; AdnKronos
LaPresse: LAPRESSE
askanews: Askanews; ASKANEWS
Lusa: LUSA; Agência Lusa
Agência Brasil: ABr; Agencia Brasil
Estadão Conteúdo: Agência Estado
Télam: TELAM; Telam; Télam-
Notimex: NOTIMEX
Prensa Latina: PL; PRENSA LATINA
AVN: Agencia Venezolana de Noticias
ABI: Agencia Boliviana de Información
Andina: ANDINA
IPS: Inter Press Service
ANP: Algemeen Nederlands Persbureau
Belga: BELGA; Agence Belga
TT: Tidningarnas Telegrambyrå; TT News Agency
NTB: Norsk Telegrambyrå
Ritzau: RITZAU; Ritzaus Bureau
STT: STT-Lehtikuva
BNS: Baltic News Service
LETA: Leta
ELTA: Elta
PAP: Polska Agencja Prasowa
ČTK: CTK; ČTK-; Czech News Agency
TASR: Tasr
SITA: Slovak News Agency
MTI: Magyar Távirati Iroda
Agerpres: AGERPRES
BTA: БТА; Bulgarian News Agency
Tanjug: TANJUG; Танјуг
HINA: Hina
STA: Slovenska tiskovna agencija
SRNA: Srna
FENA: Fena
MIA: МИА
ATA: Albanian Telegraphic Agency
ANA-MPA: ANA; AMNA; Athens News Agency; ΑΠΕ-ΜΠΕ
CNA: Cyprus News Agency
Anadolu: AA; Anadolu Agency; ANADOLU; Anadolu Ajansı
DHA: Demirören Haber Ajansı; Dogan News Agency
İHA: IHA; İhlas Haber Ajansı
Armenpress: ARMENPRESS
AZERTAC: AZERTAJ; Azertag; AZERTAG; Azertac
Trend: TREND; Trend News Agency
APA Azerbaijan: Azeri Press Agency
Kazinform: KAZINFORM; Казинформ
Kabar: KABAR
24.kg: 24.KG
UzA: UZA
IRNA: Islamic Republic News Agency; ایرنا; Irna
ISNA: Iranian Students' News Agency
Mehr: MNA; Mehr News Agency; MEHR
Tasnim: Tasnim News Agency; TASNIM
FNA: Fars; Fars News Agency
SANA: Syrian Arab News Agency; سانا
Petra: PETRA; Jordan News Agency; بترا
NNA: National News Agency
WAFA: وفا; Wafa
SPA: Saudi Press Agency; واس
WAM: Emirates News Agency; وام
KUNA: Kuwait News Agency; كونا
BNA: Bahrain News Agency; بنا
QNA: Qatar News Agency; قنا
ONA: Oman News Agency
MENA: Middle East News Agency; أ ش أ
MAP: Maghreb Arabe Presse
APS: Algérie Presse Service; Agence de Presse Sénégalaise
TAP: Tunis Afrique Presse
JTA: Jewish Telegraphic Agency
TPS: Tazpit Press Service
INA: Iraqi News Agency
Shafaq News: SHAFAQ NEWS; Shafaq
Pajhwok: PAN; Pajhwok Afghan News
Khaama Press: KHAAMA PRESS; Khaama
APP: Associated Press of Pakistan
PPI: Pakistan Press International
PTI: Press Trust of India
UNI: United News of India
ANI: Asian News International
IANS: Indo-Asian News Service
BSS: Bangladesh Sangbad Sangstha
UNB: United News of Bangladesh
RSS: Rastriya Samachar Samiti
Bernama: BERNAMA
Antara: ANTARA; ANTARA News
PNA: Philippine News Agency
TNA: Thai News Agency
VNA: Vietnam News Agency; TTXVN; VNS
AKP: Agence Kampuchea Presse
KPL: Lao News Agency
MNA Myanmar: Myanmar News Agency
Montsame: MONTSAME
CNA Taiwan: Central News Agency; 中央社
AAP: Australian Associated Press
NZPA: New Zealand Press Association
NZME: NZ Newswire
PA: Press Association; PA Media; The Press Association
PA Ireland: Ireland International News Agency
CP: Canadian Press; The Canadian Press; La Presse Canadienne; CP_
SAPA: South African Press Association; Sapa
ANA Africa: African News Agency
NAN: News Agency of Nigeria
GNA: Ghana News Agency
KNA Kenya: Kenya News Agency
ENA: Ethiopian News Agency
ZIANA: New Ziana
PANA: Panapress; PANA-
APO: APO Group
EIRNS: EIR News Service; Executive Intelligence Review News Service
Bloomberg: BLOOMBERG; Bloomberg News; BLOOMBERG NEWS
Dow Jones: Dow Jones Newswires; DOW JONES; DJ; Dow Jones News
MarketWatch: MARKETWATCH
MT Newswires: MTN
RTTNews: RTT News
CNN: CNN Wire; CNNMoney; CNN Business; CNN Newsource; CNN.com
BBC: BBC News
NPR: National Public Radio
Knight Ridder: KRT; Knight-Ridder; Knight Ridder/Tribune
Tribune News Service: MCT; McClatchy; McClatchy-Tribune; McClatchy Newspapers; TNS
Cox News Service: Cox Newspapers
Scripps Howard: Scripps Howard News Service; SHNS
Gannett: Gannett News Service; GNS
New York Times News Service: N.Y. Times News Service; NYT News Service; NYTNS
Washington Post: Washington Post News Service; The Washington Post News Service
RNS: Religion News Service
CNS Catholic: Catholic News Service
CNA Catholic: Catholic News Agency; CNA/EWTN News
LifeSiteNews: LifeSiteNews.com
Stateline: Stateline.org
Kaiser Health News: KHN; KFF Health News
ProPublica: PROPUBLICA
UN News: UN News Centre
VOA: Voice of America
RFE/RL: Radio Free Europe/Radio Liberty; RFE
RFA: Radio Free Asia
Deutsche Welle: DW
PR Newswire: PRNewswire; PRNEWSWIRE; PRNewswire-FirstCall; PRNewswire-USNewswire; PRNewswire-AsiaNet; PRN
Business Wire: BUSINESS WIRE; BusinessWire; BUSINESSWIRE; BW
GlobeNewswire: GLOBE NEWSWIRE; Globe Newswire; GLOBENEWSWIRE
Marketwired: Marketwire; MARKETWIRE; MARKETWIRED; MARKET WIRE
Accesswire: ACCESSWIRE; ACCESS Newswire; ACCESS NEWSWIRE
Newsfile: Newsfile Corp.; Newsfile Corp; NEWSFILE CORP
CNW: CNW Group; Canada NewsWire; CNW Telbec; CANADA NEWSWIRE
EQS: EQS-News; EQS Newswire; DGAP; DGAP-News
ots: OTS; news aktuell; ots/PRNewswire
Cision: CISION
EIN Presswire: EINPresswire.com; EIN PRESSWIRE; EINPresswire
PRWeb: PRWEB
PRLog: PRLOG
JCN Newswire: JCN NEWSWIRE; JCN
Media OutReach: Media OutReach Newswire; Media Outreach
AsiaNet: ASIANET
US Newswire: U.S. Newswire
AllAfrica: allAfrica.com; allAfrica
"""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The agency that wrote a piece, where it was named (`dateline`, `credit`, `byline`, …), and the words."""

    agency: str
    source: str
    evidence: str


_WORD = re.compile(r"[^\W_](?:[\w.&'’]*[^\W_])?(?:[-/][^\W_][\w.]*)*\.?")


def _variants() -> tuple[dict[str, str], dict[str, list[tuple[tuple[str, ...], str]]]]:
    names: dict[str, str] = {}
    for line in _TABLE.strip().splitlines():
        canonical, _, others = line.partition(": ")
        for name in (canonical, *others.split("; ")):
            names.setdefault(name, canonical)
            if len(name) > 4:
                names.setdefault(name.upper(), canonical)
            if not name.isupper() and " " in name:
                names.setdefault(name.lower(), canonical)
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, canonical in names.items():
        words = tuple(_WORD.findall(name))
        if words:
            by_first.setdefault(words[0], []).append((words, canonical))
    for entries in by_first.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return names, by_first


_NAMES, _BY_FIRST_WORD = _variants()
# First names, words and other abbreviations: these name an agency only where nothing else stands beside them.
_ONLY_ALONE_TEXT = """
Petra Andina Trend TREND Hina Leta Elta Mehr Kabar Lusa Srna Fena Fars Wafa Cision Shafaq Jiji SITA Efe RSS APP MAP TAP
PAN EP PL BW DJ MIA STA ANA ENA TT DW SPA INA UNI ATA RIA SID MENA PNA ONA ABr
"""
_ONLY_ALONE = frozenset(_ONLY_ALONE_TEXT.split())
_MAX_LENGTH = 400


def named(text: str) -> str | None:
    """The agency when `text` is its name and nothing else: `AFP`, `Associated Press`, `PRNewswire`."""
    return _NAMES.get(text) or (_NAMES.get(text.lower()) if " " in text else None)


def find_agency(text: str) -> str | None:
    """The canonical name of the first agency named in `text`, a line of a few words; None when there is none."""
    text = text.strip()
    if found := named(text):
        return found
    words: list[str] = _WORD.findall(text[:_MAX_LENGTH])
    for i, word in enumerate(words):
        for candidate in dict.fromkeys((word, word.rstrip("."), word.lower())):
            for name, canonical in _BY_FIRST_WORD.get(candidate, ()):
                if len(name) == 1 and candidate not in _ONLY_ALONE:
                    return canonical
                if len(name) > 1 and _folded(words[i : i + len(name)]) == _folded(name):
                    return canonical
        if "/" in word or "-" in word:
            for part in re.split(r"[/-]", word):
                if canonical_part := named(part):
                    return canonical_part
    return None


def _folded(words: Sequence[str]) -> list[str]:
    return [word.lower().rstrip(".") for word in words]


def attribute(
    *,
    dateline: str | None = None,
    credit: str | None = None,
    byline: str | None = None,
    rights: str | None = None,
    source: str | None = None,
) -> Attribution | None:
    """Which agency wrote the piece. Each argument is the agency's name or the line that may hold it; the first wins.

    `source` is the publisher, which counts when it is itself an agency.
    """
    lines = {"dateline": dateline, "credit": credit, "byline": byline, "rights": rights, "publisher": source}
    for where, line in lines.items():
        if not line:
            continue
        agency = named(line) or find_agency(line) or (line if where == "dateline" else None)
        if agency:
            return Attribution(agency, where, line)
    return None
