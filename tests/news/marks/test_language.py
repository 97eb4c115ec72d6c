from __future__ import annotations

import subprocess
import sys

import pytest

from wiredesk.worker.news.marks.language import detect_language

TEXTS = {
    "en": "The harbour board voted on Tuesday to close the old ferry pier for good, the council said.",
    "de": "Der Hafenrat hat am Dienstag beschlossen, die alte Anlegestelle endgültig zu schließen.",
    "fr": "Le conseil du port a décidé mardi de fermer définitivement le vieil embarcadère.",
    "es": "La junta del puerto decidió el martes cerrar para siempre el viejo embarcadero.",
    "it": "Il consiglio del porto ha deciso martedì di chiudere per sempre il vecchio molo.",
    "pt": "O conselho do porto decidiu na terça-feira fechar definitivamente o antigo cais.",
    "nl": "Het havenbestuur heeft dinsdag besloten de oude aanlegsteiger voorgoed te sluiten.",
    "ru": "Совет порта решил во вторник навсегда закрыть старый причал, сообщили власти.",
    "tr": "Liman kurulu salı günü eski iskeleyi tamamen kapatma kararı aldı.",
    "pl": "Rada portu zdecydowała we wtorek o ostatecznym zamknięciu starej przystani.",
    "ar": "قرر مجلس الميناء يوم الثلاثاء إغلاق الرصيف القديم نهائيا",
    "zh": "港口委员会周二决定永久关闭旧渡轮码头，市议会在声明中表示。",
    "ja": "港湾委員会は火曜日、古いフェリー桟橋を永久に閉鎖することを決めた。",
    "ko": "항만위원회는 화요일 오래된 여객선 부두를 영구히 폐쇄하기로 결정했다.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_language_and_confidence(code: str) -> None:
    language, confidence = detect_language(TEXTS[code])
    assert language == code
    assert 0.5 < confidence <= 1.0


@pytest.mark.parametrize("text", ["", "   ", "12 345 6789 10,11 12 13 14 15 16", "Oslo", "— … —"])
def test_too_short_to_tell(text: str) -> None:
    assert detect_language(text) == (None, 0.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("渡船罢工九天后结束。", "zh"),
        ("船は月曜日に再開する。", "ja"),
        ("다리가 열렸다.", "ko"),
        ("Η γέφυρα άνοιξε.", "el"),
        ("הגשר נפתח", "he"),
        ("पुल खुल गया।", "hi"),
        ("Oslo 渡船", None),
    ],
)
def test_a_short_text_is_told_by_its_script(text: str, code: str | None) -> None:
    assert detect_language(text)[0] == code


def test_a_short_text_of_foreign_names_is_english_by_its_commonest_words() -> None:
    text = (
        "President Hu Meiling met Ri Sang Ok and Park Jae-min in Jinan, "
        "and Minister Tran Anh Tuan sent Bui Thi Lan to Ulgii."
    )
    assert detect_language(text) == ("en", 0.5)


def test_long_text_is_judged_by_a_part_of_it() -> None:
    assert detect_language(TEXTS["de"] * 2_000)[0] == "de"


def test_import_does_not_load_the_model() -> None:
    module = "wiredesk.worker.news.marks.language"
    probe = f"import sys, {module}; sys.exit('numpy' in sys.modules or 'py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
