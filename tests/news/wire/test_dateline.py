"""Datelines as agencies and newspapers write them, and openings that only look like one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from corpus import CORPUS

from wiredesk.worker.news.wire.dateline import _cut, _usual, find_dateline, reporters_in

RECEIVED = datetime(2018, 3, 5, 12, 0, tzinfo=UTC)
DAY = date(2018, 3, 3)

# The dateline as written, what follows it, place, day, agency.
STYLES: list[tuple[str, str, str | None, date | None, str | None]] = [
    # the big wires
    ("WASHINGTON (AP) —", " The Senate voted late on Saturday.", "WASHINGTON", None, "AP"),
    ("NAIROBI, Kenya (AP) _", " Thousands marched through the rain.", "NAIROBI, Kenya", None, "AP"),
    ("ST. LOUIS (AP) --", " A barge hit a bridge pier.", "ST. LOUIS", None, "AP"),
    ("LONDON, March 3 (Reuters) -", " Shares edged higher.", "LONDON", DAY, "Reuters"),
    ("LONDON (Reuters) -", " Shares edged higher.", "LONDON", None, "Reuters"),
    ("March 3 (Reuters) -", " Acme Corp posted a loss.", None, DAY, "Reuters"),
    ("(Reuters) -", " Acme Corp posted a loss.", None, None, "Reuters"),
    ("MEXICO CITY/NEW YORK, March 3 (Reuters) -", " Talks stalled.", "MEXICO CITY/NEW YORK", DAY, "Reuters"),
    ("TOKYO, March 3, Reuter -", " The yen rose.", "TOKYO", DAY, "Reuters"),
    ("HARTFORD, Conn., March 3 -", " An insurer said it would merge.", "HARTFORD, Conn", DAY, None),
    ("PARIS, March 3, 2018 (AFP) -", " The river rose again.", "PARIS", DAY, "AFP"),
    ("Paris (AFP) –", " The river rose again.", "Paris", None, "AFP"),
    ("WASHINGTON, March 3 (UPI) --", " A storm crossed the coast.", "WASHINGTON", DAY, "UPI"),
    ("UNITED NATIONS, March 3 (Xinhua) --", " The council met.", "UNITED NATIONS", DAY, "Xinhua"),
    ("BEIJING, March 3 (Xinhua) --", " The plenum opened.", "BEIJING", DAY, "Xinhua"),
    ("MOSCOW, March 3. /TASS/.", " The ministry denied it.", "MOSCOW", DAY, "TASS"),
    ("MOSCOW, March 3 (Itar-Tass) —", " The ministry denied it.", "MOSCOW", DAY, "TASS"),
    ("MOSCOW. March 3 (Interfax) -", " The rouble fell.", "MOSCOW", DAY, "Interfax"),
    ("MOSCOW (Sputnik) —", " A rocket was launched.", "MOSCOW", None, "Sputnik"),
    ("SEOUL, March 3 (Yonhap) --", " Exports rose for a third month.", "SEOUL", DAY, "Yonhap"),
    ("Pyongyang, March 3 (KCNA) --", " A meeting took place.", "Pyongyang", DAY, "KCNA"),
    ("TOKYO, March 3 (Kyodo) -", " Two ships collided.", "TOKYO", DAY, "Kyodo"),
    ("TOKYO, March 3, Kyodo -", " Two ships collided.", "TOKYO", DAY, "Kyodo"),
    ("Tokyo, March 3 (Jiji Press)--", " Two ships collided.", "Tokyo", DAY, "Jiji"),
    # Asia
    ("New Delhi, Mar 3 (PTI)", " The court adjourned the matter.", "New Delhi", DAY, "PTI"),
    ("NEW DELHI: (PTI) -", " The court adjourned the matter.", "NEW DELHI", None, "PTI"),
    ("New Delhi [India], March 3 (ANI):", " The court adjourned.", "New Delhi [India]", DAY, "ANI"),
    ("Mumbai, March 3 (IANS)", " The index closed lower.", "Mumbai", DAY, "IANS"),
    ("ISLAMABAD, Mar 03 (APP):", " The house passed the bill.", "ISLAMABAD", DAY, "APP"),
    ("DHAKA, March 3, 2018 (BSS) -", " The river burst its banks.", "DHAKA", DAY, "BSS"),
    ("KUALA LUMPUR, March 3 (Bernama) --", " Palm oil gained.", "KUALA LUMPUR", DAY, "Bernama"),
    ("Jakarta (ANTARA) -", " The volcano erupted.", "Jakarta", None, "Antara"),
    ("Hanoi (VNA) –", " Rice exports grew.", "Hanoi", None, "VNA"),
    ("KABUL (Pajhwok):", " A school reopened.", "KABUL", None, "Pajhwok"),
    ("ISLAMABAD:", " The prime minister on Saturday left for Jeddah.", "ISLAMABAD", None, None),
    ("ASTANA. KAZINFORM -", " A new line opened.", "ASTANA", None, "Kazinform"),
    ("YEREVAN, MARCH 3, ARMENPRESS.", " The president received guests.", "YEREVAN", DAY, "Armenpress"),
    ("BAKU, Azerbaijan, March 3. /Trend/", " Oil output rose.", "BAKU, Azerbaijan", DAY, "Trend"),
    # the Near East
    ("TEHRAN, Mar. 3 (IRNA) –", " The minister flew home.", "TEHRAN", DAY, "IRNA"),
    ("Tehran, March 3, IRNA –", " The minister flew home.", "Tehran", DAY, "IRNA"),
    ("TEHRAN (Tasnim) –", " The minister flew home.", "TEHRAN", None, "Tasnim"),
    ("DAMASCUS, (SANA) –", " Rain fell in the south.", "DAMASCUS", None, "SANA"),
    ("RAMALLAH, March 3, 2018 (WAFA) –", " The crossing opened.", "RAMALLAH", DAY, "WAFA"),
    ("ABU DHABI, 3rd March, 2018 (WAM) --", " A forum was held.", "ABU DHABI", DAY, "WAM"),
    ("Riyadh, March 3, 2018, SPA --", " The cabinet met.", "Riyadh", DAY, "SPA"),
    ("ANKARA (AA) –", " The lira steadied.", "ANKARA", None, "Anadolu"),
    ("JERUSALEM (JTA) —", " The coalition survived.", "JERUSALEM", None, "JTA"),
    ("القاهرة (رويترز) -", " قالت الوزارة إن المحادثات مستمرة.", "القاهرة", None, "Reuters"),
    # Europe
    ("Berlin (dpa) -", " Der Bundestag stimmt ab.", "Berlin", None, "dpa"),
    ("Frankfurt/Main (dpa/lhe) -", " Die Messe ist eröffnet.", "Frankfurt/Main", None, "dpa"),
    ("Bern, 3. März (sda) –", " Der Bundesrat tagt.", "Bern", DAY, "sda"),
    ("Wien (APA) –", " Die Regierung tagt.", "Wien", None, "APA"),
    ("BERLIN, 3. März 2018 –", " Die Kanzlerin reist ab.", "BERLIN", DAY, None),
    ("PARIS, 3 mars 2018 (AFP) -", " La Seine a débordé.", "PARIS", DAY, "AFP"),
    ("Bruxelles, 3 mars (Belga) -", " Le parlement a voté.", "Bruxelles", DAY, "Belga"),
    ("Alger, 1er mars 2018 (APS) -", " Le ministre a reçu une délégation.", "Alger", date(2018, 3, 1), "APS"),
    ("Madrid, 3 mar (EFE).-", " El Congreso aprobó la ley.", "Madrid", DAY, "EFE"),
    ("MADRID, 3 Mar. (EUROPA PRESS) -", " El Congreso aprobó la ley.", "MADRID", DAY, "Europa Press"),
    ("Bogotá, 3 de marzo de 2018 (EFE) -", " El río creció.", "Bogotá", DAY, "EFE"),
    ("La Habana, 3 mar (Prensa Latina)", " El ministro viajó hoy.", "La Habana", DAY, "Prensa Latina"),
    ("(ANSA) - ROMA, 03 MAR -", " Il governo ha deciso.", "ROMA", DAY, "ANSA"),
    ("Roma, 3 mar. (Adnkronos) -", " Il governo ha deciso.", "Roma", DAY, "Adnkronos"),
    ("(AGI) - Roma, 3 mar. -", " Il governo ha deciso.", "Roma", DAY, "AGI"),
    ("Lisboa, 03 mar 2018 (Lusa) –", " O parlamento aprovou.", "Lisboa", DAY, "Lusa"),
    ("BRASÍLIA, 3 de março (Agência Brasil) -", " O Senado votou.", "BRASÍLIA", DAY, "Agência Brasil"),
    ("Den Haag (ANP) -", " De kamer stemt vandaag.", "Den Haag", None, "ANP"),
    ("Praha 3. března (ČTK) -", " Vláda dnes jednala.", "Praha", DAY, "ČTK"),
    ("WARSAW, March 3 (PAP) -", " The sejm sat.", "WARSAW", DAY, "PAP"),
    ("Skopje, 3 March 2018 (MIA) -", " Talks resumed.", "Skopje", DAY, "MIA"),
    ("TIRANA, March 3 /ATA/ -", " The port reopened.", "TIRANA", DAY, "ATA"),
    ("МОСКВА, 3 марта. /ТАСС/.", " Министр прибыл в Москву.", "МОСКВА", DAY, "TASS"),
    ("МОСКВА, 3 мар — РИА Новости.", " Министр прибыл в Москву.", "МОСКВА", DAY, "RIA Novosti"),
    ("Москва. 3 марта. INTERFAX.RU -", " Министр прибыл в Москву.", "Москва", DAY, "Interfax"),
    # America and Oceania
    ("TORONTO, March 3 (CP) —", " The leafs lost again.", "TORONTO", DAY, "CP"),
    ("OTTAWA — The Canadian Press —", " The budget is due.", "OTTAWA", None, "CP"),
    ("CANBERRA, March 3 AAP -", " The premier resigned.", "CANBERRA", DAY, "AAP"),
    ("MÉXICO, 3 Mar (Notimex).-", " El volcán despertó.", "MÉXICO", DAY, "Notimex"),
    # Africa
    ("Lagos, March 3, 2018 (NAN)", " The refinery will reopen.", "Lagos", DAY, "NAN"),
    ("ACCRA, March 3, (GNA) -", " Cocoa farmers protested.", "ACCRA", DAY, "GNA"),
    ("Nairobi —", " The strike of nurses enters its third week.", "Nairobi", None, None),
    # services and press-release wires
    ("May 31, 2018 (EIRNS)—", "Russian diplomats met.", None, date(2018, 5, 31), "EIRNS"),
    ("WIESBADEN, Germany, March 3, 2018 (EIRNS)—", "A conference opened.", "WIESBADEN, Germany", DAY, "EIRNS"),
    ("NEW YORK, March 3, 2018 /PRNewswire/ --", " Acme today launched.", "NEW YORK", DAY, "PR Newswire"),
    ("NEW YORK--(BUSINESS WIRE)--", "Acme today launched.", "NEW YORK", None, "Business Wire"),
    ("DENVER, March 03, 2018 (GLOBE NEWSWIRE) --", " Acme today launched.", "DENVER", DAY, "GlobeNewswire"),
    ("TORONTO, ON / ACCESSWIRE / March 3, 2018 /", " Acme today launched.", "TORONTO, ON", DAY, "Accesswire"),
    ("Vancouver, British Columbia--(Newsfile Corp. - March 3, 2018) -", " Acme drilled.",
     "Vancouver, British Columbia", DAY, "Newsfile"),
    ("HONG KONG, CHINA - Media OutReach - 3 March 2018 -", " Acme today launched.", "HONG KONG, CHINA", DAY,
     "Media OutReach"),
    ("GENEVA (3 March 2018) –", " UN experts urged calm.", "GENEVA", DAY, None),
    ("Rome, 3 March 2018 –", " Food prices rose.", "Rome", DAY, None),
    ("UNITED NATIONS, Mar 3 2018 (IPS) -", " Delegates met.", "UNITED NATIONS", DAY, "IPS"),
    ("WASHINGTON (CNN) --", " The House adjourned.", "WASHINGTON", None, "CNN"),
    ("Washington (CNN)", "The House adjourned.", "Washington", None, "CNN"),
    ("AUGUSTA, Maine, March 3 -", " The river rose again.", "AUGUSTA, Maine", DAY, None),
    # newspapers' own
    ("WASHINGTON —", " The Supreme Court on Monday declined to hear the case.", "WASHINGTON", None, None),
    ("NASHUA, N.H. -", " At the moment the governor learned of it, he smiled.", "NASHUA, N.H.", None, None),
    ("JERUSALEM, March 3 —", " The coalition survived.", "JERUSALEM", DAY, None),
    ("CAIRO – 3 March 2018:", " The ministry opened a museum.", "CAIRO", DAY, None),
    ("ST. LOUIS (KMOV) –", " A man was hurt on Saturday.", "ST. LOUIS", None, "KMOV"),
    ("AUSTIN (Texas Tribune) —", " The house adjourned.", "AUSTIN", None, "Texas Tribune"),
    ("Berlin –", " Der Kanzler hat am Samstag seinen Rücktritt erklärt.", "Berlin", None, None),
    ("Kiel (taz) –", " Der Kanzler hat am Samstag seinen Rücktritt erklärt.", "Kiel", None, "taz"),
    ("Berlin.", " Der Kanzler hat am Samstag seinen Rücktritt erklärt.", "Berlin", None, None),
    ("BLOOMSBURG, Pa. —", " Police closed the bridge on Saturday.", "BLOOMSBURG, Pa", None, None),
    ("San Jose, Calif., Saturday, March 3 —", " A plane landed.", "San Jose, Calif", DAY, None),
    # further afield
    ("COLOMBO (News 1st);", " The bank raised rates.", "COLOMBO", None, "News 1st"),
    ("DUBAI //", " The bank said that it would raise rates.", "DUBAI", None, None),
    ("Sana'a, March 3 (Saba) -", " The bank raised rates.", "Sana'a", DAY, "Saba"),
    ("Praia, 03 Mar (Inforpress) –", " O banco subiu as taxas.", "Praia", DAY, "Inforpress"),
    ("Lima, mar. 3.", " El banco subió las tasas.", "Lima", DAY, None),
    ("Ciudad de México.-", " El banco subió las tasas de interés.", "Ciudad de México", None, None),
    ("SANTIAGO, marzo 3.-", " El banco subió las tasas.", "SANTIAGO", DAY, None),
    ("(Montréal)", " La banque a relevé ses taux samedi matin.", "Montréal", None, None),
    ("(Beirut) –", " Authorities should free the man, a group said.", "Beirut", None, None),
    ("BERLIN taz |", " Die Bank hat die Zinsen erhöht.", "BERLIN", None, "taz"),
    ("Oslo (NTB):", " Banken hevet renten.", "Oslo", None, "NTB"),
    ("KØBENHAVN (Ritzau)", " Banken hævede renten.", "KØBENHAVN", None, "Ritzau"),
    ("HELSINKI, 3. maaliskuuta (STT) -", " Pankki nosti korkoa.", "HELSINKI", DAY, "STT"),
    ("BRUSSEL 3 maart (Belga)", " De bank verhoogde de rente.", "BRUSSEL", DAY, "Belga"),
    ("Warszawa, 3 marca (PAP) -", " Bank podniósł stopy.", "Warszawa", DAY, "PAP"),
    ("Budapest, 2018. március 3., szombat (MTI) -", " A bank kamatot emelt.", "Budapest", DAY, "MTI"),
    ("Αθήνα, 3 Μαρτίου 2018 -", " Η τράπεζα αύξησε τα επιτόκια.", "Αθήνα", DAY, None),
    ("ANKARA, 3 Mart (AA) -", " Banka faiz artırdı.", "ANKARA", DAY, "Anadolu"),
    ("МОСКВА, 3 марта - РИА Новости, Иван Петров.", " Банк поднял ставку.", "МОСКВА", DAY, "RIA Novosti"),
    ("КИЕВ. 3 марта. УНН.", " Банк поднял ставку.", "КИЕВ", DAY, "UNN"),
    ("КИЇВ, 3 березня — Укрінформ.", " Банк підняв ставку.", "КИЇВ", DAY, "Ukrinform"),
    ("YEREVAN, March 3. /ARKA/.", " The bank raised rates.", "YEREVAN", DAY, "ARKA"),
    ("March 3, 2018 – London, UK –", " Acme launched a boat.", "London, UK", DAY, None),
    ("3 March 2018 – LONDON –", " Acme launched a boat.", "LONDON", DAY, None),
    ("NEW YORK, NY -- (Marketwired) -- 03/03/18 --", " Acme launched.", "NEW YORK, NY", DAY, "Marketwired"),
    ("SAN DIEGO--(BUSINESS WIRE)--Mar 3, 2018--", "Acme launched.", "SAN DIEGO", DAY, "Business Wire"),
    ("NEW YORK, NY, UNITED STATES, March 3, 2018 /EINPresswire.com/ --", " Acme launched.",
     "NEW YORK, NY, UNITED STATES", DAY, "EIN Presswire"),
    ("OTTAWA, ON, March 3, 2018 /CNW Telbec/ -", " Acme launched.", "OTTAWA, ON", DAY, "CNW"),
    ("Vatican City, Mar 3, 2018 / 05:17 am (CNA/EWTN News).-", " Acme launched.", "Vatican City", DAY, "CNA Catholic"),
    ("AT SEA, March 3 (Reuters) -", " A ship was found.", "AT SEA", DAY, "Reuters"),
    ("ON THE TURKISH BORDER (Reuters) -", " A town was shelled.", "ON THE TURKISH BORDER", None, "Reuters"),
    ("ABOARD AIR FORCE ONE (AP) —", " The president said so.", "ABOARD AIR FORCE ONE", None, "AP"),
    ("LONDON, Saturday (AP) —", " The bank raised rates.", "LONDON", None, "AP"),
    ("NEW YORK |", " The bank said that it would raise rates again.", "NEW YORK", None, None),
    # East Asian
    ("［東京 ３日 ロイター］", " 銀行は述べた。", "東京", DAY, "Reuters"),
    ("[서울=뉴시스] 홍길동 기자 =", " 은행은 말했다.", "서울", None, "Newsis"),
    ("中新社北京3月3日电 (记者 张三)", "银行说。", "北京", DAY, "CNS"),
    ("新华社北京3月3日电", " 会议今天开幕。", "北京", DAY, "Xinhua"),
    ("(서울=연합뉴스)", " 정부는 3일 발표했다.", "서울", None, "Yonhap"),
    ("【ワシントン共同】", "米政府は3日、発表した。", "ワシントン", None, "Kyodo"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "rest", "place", "day", "agency"), STYLES, ids=[style[0] for style in STYLES])
def test_every_style_gives_place_day_agency_and_span(
    written: str, rest: str, place: str | None, day: date | None, agency: str | None
) -> None:
    received = datetime(2018, 6, 1, tzinfo=UTC) if "May 31" in written else RECEIVED
    found = find_dateline(written + rest, received_at=received)
    assert found is not None
    assert (found.text, found.place, found.date, found.agency) == (written, place, day, agency)
    assert (found.start, found.end) == (0, len(written))


WORLD = [
    [*line.split("¦"), ""][:6]
    for line in (CORPUS / "datelines.txt").read_text(encoding="utf-8").splitlines()
    if line[0] != "#"
]


@pytest.mark.parametrize(
    ("written", "rest", "place", "day", "agency", "reporters"), WORLD, ids=[row[0] for row in WORLD]
)
def test_datelines_of_the_world_give_place_day_agency_and_reporters(
    written: str, rest: str, place: str, day: str, agency: str, reporters: str
) -> None:
    found = find_dateline(written + rest, received_at=RECEIVED)
    assert found is not None
    seen = (found.text, found.place or "", "D" if found.date == DAY else "", found.agency or "")
    assert seen == (written, place, day, agency)
    assert (reporters_in(found) or "") == reporters


@pytest.mark.parametrize(
    ("written", "agency_text"),
    [
        ("NEW YORK, March 3, 2018 /PRNewswire/ -- Acme launched.", "PRNewswire"),
        ("LONDON, March 3 (Reuters) - Shares rose.", "Reuters"),
        ("MOSCOW, March 3 (Itar-Tass) — It rained.", "Itar-Tass"),
        ("Berlin (dpa/bb) - Es regnet seit Samstag.", "dpa/bb"),
        ("Vancouver, British Columbia--(Newsfile Corp. - March 3, 2018) - Acme drilled.", "Newsfile Corp."),
        ("TEHRAN, March 3, IRNA – It rained.", "IRNA"),
        ("МОСКВА, 3 марта - РИА Новости. Дождь.", "РИА Новости"),
        ("【札幌共同】３日、雨が降った。", "共同"),
        ("ROME, March 3 - It rained all day long.", None),
    ],
)
def test_the_agency_is_kept_as_the_copy_writes_it(written: str, agency_text: str | None) -> None:
    found = find_dateline(written, received_at=RECEIVED)
    assert found is not None
    assert found.agency_text == agency_text


@pytest.mark.parametrize(
    ("received_at", "expected"),
    [
        (datetime(2018, 3, 5, tzinfo=UTC), date(2018, 3, 3)),
        (datetime(2018, 3, 2, tzinfo=UTC), date(2018, 3, 3)),  # a time zone ahead
        (datetime(2018, 3, 12, tzinfo=UTC), date(2018, 3, 3)),
        (datetime(2018, 3, 20, tzinfo=UTC), None),
        (None, None),
    ],
)
def test_a_day_without_a_month_is_resolved_for_fresh_copy_only(
    received_at: datetime | None, expected: date | None
) -> None:
    found = find_dateline("SEVILLA, 3 (EUROPA PRESS) - Llueve desde el sábado.", received_at=received_at)
    assert found is not None
    assert found.date == expected


LOOK_ALIKES = [
    "【速報】首相は３日、辞任すると表明した。",
    "【写真】港に戻った船。",
    "(사진=시청 제공) 시장이 3일 말했다.",
    "मुंबई की बारिश - तीन दिन से जारी है और थमने का नाम नहीं ले रही।",
    "الرئيس - الذي وصل اليوم - قال إن المحادثات مستمرة.",
    "Министр - который приехал вчера - сказал, что переговоры идут.",
    "Urgent: The road has been reopened after six hours, police said.",
    "Berlin / Ost: Die Mauer fiel vor langer Zeit, und niemand hat es vergessen.",
    "Apple — the maker of telephones — said on Monday it would build a plant.",
    "UPDATE: The road has been reopened after six hours, police said.",
    "BREAKING: The minister has resigned, according to two officials.",
    "EXCLUSIVE - The bank will cut a thousand posts, people close to it said.",
    "ANALYSIS — What the vote means for the coming year and for the party.",
    "OPINION: Why the vote matters more than either party will say.",
    "NASA - Scientists at the agency have found water on another moon.",
    "ISIS — The group claimed the attack in a statement on its channel.",
    "International Business Machines (IBM) - the oldest of them - fell again.",
    "Acme Holdings Inc (NYSE: ACM) - Shares of the maker fell sharply.",
    "On Monday, March 3 - the day of the vote - the square was empty.",
    "March 3 – Police arrest a suspect in the harbour.",
    "Updated March 3, 2018 — The court has set a date for the hearing.",
    "Posted on March 3, 2018 - The new edition is available in shops.",
    "London - Paris - Berlin: the night train comes back after ten years.",
    "Paris-Roubaix is the hardest of the spring races, riders say.",
    "Jane Doe: I was in the room when they made the decision.",
    "Q: What will the government do about it? A: Nothing, for now.",
    "NOTE: Figures are in millions of dollars unless said otherwise.",
    "WATCH: The moment when the bridge came down, filmed by a passer-by.",
    "Photo: A child looks at the flooded street in the old town.",
    "Sources: national statistics office, central bank, own research.",
    "By Jane Doe - The council will meet again on Thursday, it said.",
    "The president - who turned 70 in March - will not stand again.",
    "In May 2018 - a month before the summit - envoys met in secret.",
    "2018 - a year that nobody will forget, least of all the farmers.",
    "3-year-old Anna - the youngest of the family - was found unhurt.",
    "Q1 revenue: 3.4 billion; Q2 revenue: 3.9 billion, the firm said.",
    "Monday - The first day of the trial opens with the witnesses.",
    "June - The hottest month on record, the weather service said.",
    "“We will not yield” — The minister spoke for an hour on Sunday.",
    "Shr 72 cts vs 71 cts - Net 3,062,000 vs 3,023,000 in the quarter.",
    "Manchester United - Arsenal 2:1, after a dull first half in the rain.",
    "CORRECTION: An earlier version of this article misspelt a name.",
    "U.S. FINANCIAL ANALYSTS - March 3",
    "COVID-19: The number of new cases fell for the third week running.",
    "Read more: The ten books that every reporter should have at hand.",
    "Dear Editor: The article of March 3 was wrong on three points.",
    "Washington-based analysts said on Monday that the plan would fail.",
    "He went to Paris, March 3 being a holiday, and stayed there all week.",
    "Paris. The city of light. The city of love. And of rain, mostly.",
    "London. Paris. Berlin. Three cities, one train, and no luggage at all.",
    "Kiel (the harbour) - once the seat of the fleet - is quiet now.",
    "SAP CRM | Acme | 560 | Three hours in the company of a salesman",
    "Dividends\t-15.4\t-83.9 and so on down the page of the report",
    "QUESTIONABLE MEDICAL CLAIMS — For years he has been dogged by charges.",
    "Washington (the state) - home of the apple - has no such law.",
    "Jordan (Michael) - the greatest of them - came back on Sunday.",
    "Amazon — The company said on Monday it would build a warehouse.",
    "Mars - The planet is closer to the earth tonight than for years.",
    "On Tuesday (AP) - the wire - was down for an hour, editors said.",
    "Paris, the capital, was calm on Sunday after two nights of riots.",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_text_that_only_looks_like_a_dateline_is_none(text: str) -> None:
    assert find_dateline(text, received_at=RECEIVED) is None


@pytest.mark.parametrize(
    ("written", "received_at", "expected"),
    [
        ("ROME, Dec 30 (Reuters) - Snow fell.", datetime(2019, 1, 2, tzinfo=UTC), date(2018, 12, 30)),
        ("ROME, Jan 2 (Reuters) - Snow fell.", datetime(2018, 12, 31, tzinfo=UTC), date(2019, 1, 2)),
        ("ROME, Nov 15 (Reuters) - Snow fell.", datetime(2018, 6, 1, tzinfo=UTC), date(2017, 11, 15)),
        ("ROME, Feb 29 (Reuters) - Snow fell.", datetime(2018, 3, 1, tzinfo=UTC), date(2016, 2, 29)),
        ("ROME, Nov 15, 1998 (Reuters) - Snow fell.", datetime(2018, 6, 1, tzinfo=UTC), date(1998, 11, 15)),
        ("ROME, Nov 15 (Reuters) - Snow fell.", None, None),
        ("ROME, Feb 30 (Reuters) - Snow fell.", datetime(2018, 3, 1, tzinfo=UTC), None),
    ],
)
def test_a_day_without_a_year_lands_nearest_to_the_receipt(
    written: str, received_at: datetime | None, expected: date | None
) -> None:
    found = find_dateline(written, received_at=received_at)
    assert found is not None
    assert found.place == "ROME"
    assert found.date == expected


def test_offsets_count_code_points_and_leading_marks_stay_outside() -> None:
    body = "  ****ZÜRICH, 3. März (sda) – Die Banken öffnen."
    found = find_dateline(body, received_at=RECEIVED)
    assert found is not None
    assert body[found.start : found.end] == found.text == "ZÜRICH, 3. März (sda) –"
    assert found.start == 6


@pytest.mark.parametrize(("written", "rest"), [style[:2] for style in STYLES], ids=[style[0] for style in STYLES])
def test_the_short_cut_says_what_the_long_way_says(written: str, rest: str) -> None:
    quick = _usual(written + rest)
    assert quick is None or quick == _cut(written + rest)


def test_the_short_cut_is_taken_for_the_usual_dateline() -> None:
    assert _usual("HARTFORD, Conn., March 3 - An insurer said it would merge.") is not None
    assert _usual("LONDON, March 3 (Reuters) - Shares rose.") is not None


def test_a_byline_in_front_stays_outside() -> None:
    body = "By Jane O'Neill PARIS (AP) — The river rose again."
    found = find_dateline(body, received_at=RECEIVED)
    assert found is not None
    assert (found.text, found.place, found.start) == ("PARIS (AP) —", "PARIS", 16)
    assert body[found.start : found.end] == found.text


def test_a_dateline_in_the_middle_of_the_text_is_not_its_opening() -> None:
    assert find_dateline("The wire said: LONDON, March 3 (Reuters) - Shares fell.", received_at=RECEIVED) is None


@pytest.mark.parametrize("hostile", ["A" * 1_000_000, "A, " * 300_000, "(" * 500_000, "- " * 500_000, "/ " * 500_000])
@pytest.mark.timeout(120)
def test_a_hostile_megabyte_is_read_at_once(hostile: str) -> None:
    assert find_dateline(hostile, received_at=RECEIVED) is None
