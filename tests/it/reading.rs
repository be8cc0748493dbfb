//! How easy a text is to read, by the published formula of each language.
//!
//! Syllables are counted by groups of vowels, which is what the formulas were checked with by hand and what
//! programs that compute them do. A number counts as a word of one syllable.

use limpid::domain::Locale;

/// What the formulas count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) sentences: f64,
    pub(crate) words: f64,
    pub(crate) syllables: f64,
    pub(crate) letters: f64,
}

impl Counts {
    /// Counts `texts`, each of which begins and ends a sentence.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>, locale: Locale) -> Self {
        let mut counts = Self::default();
        for text in texts {
            let mut open = false;
            for part in text.split_whitespace() {
                for word in part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                    counts.words += 1.0;
                    counts.letters += f64::from(u32::try_from(word.chars().count()).unwrap());
                    counts.syllables += f64::from(syllables(word, locale));
                    open = true;
                }
                let ends = part.trim_end_matches(|c: char| !c.is_alphanumeric() && !".!?:".contains(c));
                if open && ends.ends_with(['.', '!', '?', ':']) {
                    counts.sentences += 1.0;
                    open = false;
                }
            }
            counts.sentences += f64::from(u8::from(open));
        }
        counts
    }

    /// How easy it is to read: 100 is very easy, 0 very hard.
    ///
    /// - English: Flesch, "A New Readability Yardstick", Journal of Applied Psychology 32 (1948)
    /// - French: Kandel and Moles, "Application de l'indice de Flesch à la langue française", Cahiers
    ///   d'Études de Radio-Télévision 19 (1958)
    /// - German: Amstad, "Wie verständlich sind unsere Zeitungen?", dissertation, Zürich (1978)
    /// - Spanish: Szigriszt Pazos, "Sistemas predictivos de legibilidad del mensaje escrito: fórmula de
    ///   perspicuidad", dissertation, Madrid (1993)
    /// - Italian: Lucisano and Piemontese, "Gulpease: una formula per la predizione della difficoltà dei
    ///   testi in lingua italiana", Scuola e città 39 (1988); it counts letters, not syllables
    /// - Dutch: Douma, "De leesbaarheid van landbouwbladen", Wageningen (1960)
    pub(crate) fn ease(&self, locale: Locale) -> f64 {
        let length = self.words / self.sentences;
        let per_word = self.syllables / self.words;
        match locale {
            Locale::En => 206.835 - 1.015 * length - 84.6 * per_word,
            Locale::Fr => 207.0 - 1.015 * length - 73.6 * per_word,
            Locale::De => 180.0 - length - 58.5 * per_word,
            Locale::Es => 206.835 - length - 62.3 * per_word,
            Locale::It => 89.0 - 10.0 * self.letters / self.words + 300.0 * self.sentences / self.words,
            Locale::Nl => 206.84 - 0.93 * length - 77.0 * per_word,
        }
    }
}

/// The lowest ease that counts as plain: "standard" on the scales of Flesch, Amstad and Douma (60), "normal"
/// on INFLESZ for Spanish (55; Barrio-Cantalejo et al., Anales del Sistema Sanitario de Navarra 31, 2008),
/// easy for whoever finished lower secondary school by Gulpease (60).
pub(crate) fn plain(locale: Locale) -> f64 {
    match locale {
        Locale::En | Locale::Fr | Locale::De | Locale::It | Locale::Nl => 60.0,
        Locale::Es => 55.0,
    }
}

/// Syllables of a word: its groups of vowels, less those that are written and not spoken, and more where
/// neighbouring vowels belong to two syllables.
pub(crate) fn syllables(word: &str, locale: Locale) -> u32 {
    // This u is mute, or glides into the vowel after it.
    let word = word.to_lowercase().replace("qu", "k");
    let mut count = 0;
    let mut before = None;
    for letter in word.chars() {
        let goes_on = before.is_some_and(|before| is_vowel(before) && !parts(before, letter, locale));
        count += u32::from(is_vowel(letter) && !goes_on);
        before = Some(letter);
    }
    (count - u32::from(count > 1 && ends_silently(&word, locale))).max(1)
}

fn is_vowel(letter: char) -> bool {
    "aeiouyàáâäæèéêëìíîïòóôöœùúûüÿ".contains(letter)
}

/// Whether two vowels beside each other are spoken apart.
fn parts(one: char, other: char, locale: Locale) -> bool {
    let strong = |c: char| "aeoáéó".contains(c);
    match locale {
        Locale::En => one == 'i' && "ao".contains(other),
        Locale::Fr => "ïë".contains(other) || (one == 'é' && "aeiou".contains(other)),
        Locale::De => "ie".contains(one) && "ao".contains(other),
        Locale::Es => "íú".contains(one) || "íú".contains(other) || (strong(one) && strong(other)),
        Locale::It => false,
        Locale::Nl => "ëïöü".contains(other) || (one == 'i' && "ao".contains(other)),
    }
}

/// Whether the last vowel of a word stands alone and is not spoken.
fn ends_silently(word: &str, locale: Locale) -> bool {
    let after_consonant = |ending: &str| {
        let stem = word.strip_suffix(ending)?;
        stem.chars().next_back().filter(|&last| !is_vowel(last) || last == 'é')
    };
    match locale {
        Locale::En => {
            let hissed =
                ["ses", "xes", "zes", "ches", "shes", "ces", "ges"].iter().any(|end| word.ends_with(end));
            let bare = after_consonant("e").is_some_and(|last| last != 'l') || word.ends_with("ile");
            let plural = !hissed && after_consonant("es").is_some_and(|last| last != 'l');
            bare || plural || after_consonant("ed").is_some_and(|last| !"td".contains(last))
        }
        Locale::Fr => {
            let verb = !word.ends_with("ment") && after_consonant("ent").is_some();
            word.chars().count() > 3 && (verb || ["e", "es"].iter().any(|end| after_consonant(end).is_some()))
        }
        Locale::De | Locale::Es | Locale::It | Locale::Nl => false,
    }
}

#[test]
fn syllables_are_those_that_are_spoken() {
    let words = [
        (
            Locale::En,
            &[("bought", 1), ("frozen", 2), ("advertiser", 4), ("people", 2), ("choices", 2), ("used", 1)][..],
        ),
        (
            Locale::Fr,
            &[
                ("publicité", 4),
                ("raisons", 2),
                ("achetez", 3),
                ("semaines", 2),
                ("quatre", 1),
                ("données", 2),
            ][..],
        ),
        (
            Locale::De,
            &[
                ("Anzeige", 3),
                ("gekauft", 2),
                ("Kategorie", 4),
                ("Wochen", 2),
                ("Frühstück", 2),
                ("Quelle", 2),
            ][..],
        ),
        (
            Locale::Es,
            &[("anuncio", 3), ("semanas", 3), ("categoría", 5), ("aquí", 2), ("quiere", 2), ("leer", 2)][..],
        ),
        (Locale::It, &[("annuncio", 3), ("settimane", 4), ("questo", 2), ("qui", 1)][..]),
        (
            Locale::Nl,
            &[("advertentie", 4), ("weken", 2), ("categorieën", 5), ("bijzonder", 3), ("gekocht", 2)][..],
        ),
    ];
    for (locale, words) in words {
        for (word, expected) in words {
            assert_eq!(syllables(word, locale), *expected, "{locale}: {word}");
        }
    }
}

/// Legal prose is hard in every language: the formulas tell it from plain words.
#[test]
fn legal_prose_is_not_plain_in_any_language() {
    let prose = [
        (
            Locale::En,
            "Notwithstanding the aforementioned considerations, personalised advertisements are predominantly determined according to algorithmically established probabilities regarding individual characteristics.",
        ),
        (
            Locale::Fr,
            "Nonobstant les considérations susmentionnées, les publicités personnalisées sont déterminées principalement conformément aux probabilités algorithmiquement établies concernant les caractéristiques individuelles.",
        ),
        (
            Locale::De,
            "Ungeachtet der vorgenannten Erwägungen werden personalisierte Werbeanzeigen überwiegend entsprechend den algorithmisch ermittelten Wahrscheinlichkeiten hinsichtlich individueller Eigenschaften bestimmt.",
        ),
        (
            Locale::Es,
            "Sin perjuicio de las consideraciones anteriormente mencionadas, los anuncios personalizados se determinan predominantemente conforme a las probabilidades establecidas algorítmicamente respecto de las características individuales.",
        ),
        (
            Locale::It,
            "Indipendentemente dalle considerazioni precedentemente menzionate, gli annunci personalizzati sono determinati prevalentemente conformemente alle probabilità stabilite algoritmicamente relativamente alle caratteristiche individuali.",
        ),
        (
            Locale::Nl,
            "Onverminderd de voornoemde overwegingen worden gepersonaliseerde advertenties overwegend bepaald overeenkomstig de algoritmisch vastgestelde waarschijnlijkheden betreffende individuele karakteristieken.",
        ),
    ];
    for (locale, text) in prose {
        let ease = Counts::of([text], locale).ease(locale);
        assert!(ease < 45.0, "{locale}: {ease:.0}");
    }
}

#[test]
fn a_sentence_ends_where_its_mark_is_not_within_a_number() {
    let counts = Counts::of(["You bought 1,234.5 of it. Why: no reason.", "One more"], Locale::En);
    assert_eq!((counts.sentences, counts.words), (4.0, 12.0));
}
