"""Sentences that name an identity, or quote a slur to speak of it, and insult nobody: rows of training that are not toxic.

Labelled comments name some groups mostly in insults, so a model that learns from them alone takes the name for the
insult (Dixon et al., "Measuring and Mitigating Unintended Bias in Text Classification", AIES 2018). The slurs below stand
here because a comment that reports one must not be punished for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class _Language:
    """Comma-separated names and slurs; ``|``-separated sentences with a place for one of them."""

    code: str
    names: str
    sentences: str
    slurs: str
    quotes: str


_LANGUAGES: Final = (
    _Language(
        "en",
        "gay,lesbian,bisexual,transgender,trans,queer,straight,homosexual,black,white,asian,african american,latino,latina,hispanic,mexican,"
        "chinese,japanese,korean,indian,pakistani,arab,middle eastern,turkish,jewish,muslim,christian,catholic,protestant,buddhist,hindu,sikh,"
        "atheist,deaf,blind,disabled,autistic,old,young,elderly,female,male,feminist,immigrant,refugee,romani,polish,russian,ukrainian,american,"
        "african,native american,aboriginal,palestinian,israeli,nonbinary,poor,fat,mentally ill,democratic,republican",
        "I am a {} person.|I am a {} man.|I am a {} woman.|I'm {}.|My neighbour is {}.|My best friend is {} and we went to school together.|She is a proud {} woman.|"
        "He is {} and works as a teacher.|As a {} woman I read this article with interest.|As a {} man, I would like to see more of this.|We are a {} family.|"
        "The {} community in our town is growing.|The new mayor is {}.|My son is {} and I love him.|My daughter came out as {} last year.|Being {} is not a crime.|"
        "There are many {} people living here.|{} people pay taxes like everyone else.|The {} students met on Tuesday.|I grew up in a {} neighbourhood.|"
        "The film tells the story of a {} couple.|Two {} men were married there in 2014.|What do {} readers think about this?|A {} woman won the election.|"
        "Many {} voters stayed at home.|My wife is {}, I am not.|Our doctor is a {} woman from Leeds.|{} people deserve respect.|It is hard to be {} in a small town.",
        "faggot,dyke,tranny,nigger,nigga,chink,spic,kike,paki,gypsy,raghead,wetback,retard,cripple,whore,slut,bitch,cunt,bastard,asshole,cracker,idiot,"
        "moron,terrorist,pig,queer,homo,fag,coon,gook,towelhead,scum,fuck,shit,fucking,dick",
        'He called me a "{}" and I walked away.|The word "{}" has no place in a newspaper.|Someone wrote "{}" on the wall of the school.|Why did you print the word {}?|'
        'She told the police that they had shouted "{}" at her.|As a child I was called a {} every day; it hurt.|The court ruled that "{}" is an insult.|'
        'The player was banned because he said "{}" to the referee.|My grandfather was called "{}" when he came here.|The book uses the word "{}" on its first page.|'
        'The judge asked whether "{}" had been said.|Nobody should have to hear the word "{}" at work.|What does "{}" mean? I do not know the word.|'
        'The article quotes a man who said "{}".|The headline says "{}", which surprised me.',
    ),
    _Language(
        "de",
        "schwul,lesbisch,bisexuell,trans,homosexuell,schwarz,weiß,jüdisch,muslimisch,christlich,katholisch,evangelisch,türkisch,polnisch,russisch,"
        "syrisch,kurdisch,arabisch,behindert,blind,gehörlos,alt,jung,ostdeutsch,ausländisch,afghanisch,afrikanisch,asiatisch,vietnamesisch",
        "Ich bin {}.|Mein Nachbar ist {}.|Meine Mutter ist {} und lebt in Köln.|Er ist {} und arbeitet als Lehrer.|Wir sind {} und stolz darauf.|"
        "Viele Menschen hier sind {}.|Meine Tochter ist {} und ich habe sie lieb.|Der neue Bürgermeister ist {}.|Mein Mann ist {}, ich nicht.|"
        "Sie ist {} und wurde gewählt.|Man darf {} sein, das ist kein Verbrechen.",
        "Schwuchtel,Neger,Kanake,Zigeuner,Spast,Hure,Fotze,Schlampe,Arschloch,Missgeburt,Idiot,Nazi,Scheiße,Wichser,Tunte,Kampflesbe,Krüppel,Judensau",
        "Er hat mich „{}“ genannt.|Das Wort „{}“ hat in der Zeitung nichts zu suchen.|Jemand hat „{}“ an die Wand der Schule geschrieben.|"
        "Das Gericht entschied, dass „{}“ eine Beleidigung ist.|Warum druckt ihr das Wort {}?|Als Kind wurde ich oft {} genannt, das tat weh.|"
        "Der Spieler wurde gesperrt, weil er „{}“ gesagt hatte.|Niemand sollte das Wort „{}“ bei der Arbeit hören müssen.",
    ),
    _Language(
        "fr",
        "gay,lesbienne,homosexuel,homosexuelle,bisexuel,trans,noir,noire,blanc,blanche,juif,juive,musulman,musulmane,chrétien,catholique,protestant,"
        "arabe,africain,chinois,asiatique,turc,rom,handicapé,sourd,aveugle,vieux,jeune,athée,féministe,réfugié,immigré,algérien",
        "Je suis {}.|Mon voisin est {}.|Mon meilleur ami est {} et nous travaillons ensemble.|Je suis une personne {}.|Ma fille est {} et je l'aime.|"
        "Le nouveau maire est {}.|Être {} n'est pas un crime.|Mon mari est {}, moi non.|Beaucoup de gens ici sont {}.",
        "pédé,nègre,bougnoule,youpin,salope,pute,connard,con,gouine,tapette,enculé,bâtard,idiot,merde,travelo,mongol",
        "Il m'a traité de « {} ».|Le mot « {} » n'a pas sa place dans un journal.|Quelqu'un a écrit « {} » sur le mur de l'école.|"
        "Le tribunal a jugé que « {} » est une insulte.|Pourquoi imprimer le mot {} ?|Enfant, on me traitait de {} et cela faisait mal.",
    ),
    _Language(
        "es",
        "gay,lesbiana,homosexual,bisexual,trans,negro,negra,blanco,judío,judía,musulmán,musulmana,cristiano,católica,árabe,africano,chino,mexicano,"
        "gitano,gitana,discapacitado,sordo,ciega,viejo,joven,ateo,feminista,inmigrante,refugiado,indígena,venezolano",
        "Soy {}.|Mi vecino es {}.|Mi mejor amigo es {} y fuimos juntos a la escuela.|Soy una persona {}.|Mi hija es {} y la quiero.|El nuevo alcalde es {}.|"
        "Ser {} no es un delito.|Mi marido es {}, yo no.|Mucha gente aquí es {}.",
        "maricón,sudaca,puta,zorra,cabrón,gilipollas,negrata,moro,bollera,travelo,subnormal,idiota,mierda,hijo de puta,pendejo,joto",
        "Me llamó «{}» y me fui.|La palabra «{}» no tiene lugar en un periódico.|Alguien escribió «{}» en la pared de la escuela.|"
        "El tribunal dijo que «{}» es un insulto.|¿Por qué imprimen la palabra {}?|De niño me llamaban {} y me dolía.",
    ),
    _Language(
        "it",
        "gay,lesbica,omosessuale,bisessuale,trans,nero,nera,bianco,ebreo,ebrea,musulmano,musulmana,cristiano,cattolica,arabo,africano,cinese,rom,"
        "disabile,sordo,cieca,anziano,giovane,ateo,femminista,immigrato,rifugiata,albanese,rumeno",
        "Sono {}.|Il mio vicino è {}.|Il mio migliore amico è {} e lavoriamo insieme.|Sono una persona {}.|Mia figlia è {} e le voglio bene.|"
        "Il nuovo sindaco è {}.|Essere {} non è un reato.|Mio marito è {}, io no.",
        "frocio,negro,terrone,zingaro,troia,puttana,stronzo,finocchio,lesbicona,mongoloide,bastardo,idiota,merda,cazzo",
        "Mi ha chiamato «{}».|La parola «{}» non ha posto in un giornale.|Qualcuno ha scritto «{}» sul muro della scuola.|"
        "Il tribunale ha detto che «{}» è un insulto.|Perché stampate la parola {}?",
    ),
    _Language(
        "pt",
        "gay,lésbica,homossexual,bissexual,trans,negro,negra,branco,judeu,judia,muçulmano,muçulmana,cristão,católica,evangélico,árabe,africano,"
        "cigano,indígena,deficiente,surdo,cega,idoso,jovem,ateu,feminista,imigrante,refugiado,nordestino",
        "Sou {}.|Eu sou {}.|O meu vizinho é {}.|O meu melhor amigo é {} e trabalhamos juntos.|Sou uma pessoa {}.|A minha filha é {} e eu amo-a.|"
        "O novo prefeito é {}.|Ser {} não é crime.|Meu marido é {}, eu não.",
        "viado,bicha,macaco,puta,vadia,sapatão,preto,retardado,idiota,filho da puta,merda,cuzão,traveco",
        "Ele me chamou de «{}».|A palavra «{}» não tem lugar num jornal.|Alguém escreveu «{}» no muro da escola.|O tribunal disse que «{}» é um insulto.|"
        "Por que vocês publicam a palavra {}?",
    ),
    _Language(
        "nl",
        "homo,lesbisch,biseksueel,transgender,zwart,wit,joods,moslim,christelijk,katholiek,Turks,Marokkaans,Surinaams,Pools,gehandicapt,doof,blind,oud,jong,"
        "atheïst,feministisch,vluchteling",
        "Ik ben {}.|Mijn buurman is {}.|Mijn beste vriend is {} en we werken samen.|Mijn dochter is {} en ik hou van haar.|De nieuwe burgemeester is {}.|"
        "Mijn man is {}, ik niet.|Veel mensen hier zijn {}.",
        "flikker,neger,kankerlijer,hoer,pot,mongool,mof,jood,klootzak,idioot,kutmarokkaan",
        "Hij noemde mij “{}”.|Het woord “{}” hoort niet in een krant.|Iemand schreef “{}” op de muur van de school.|Waarom drukken jullie het woord {} af?",
    ),
    _Language(
        "pl",
        "gejem,lesbijką,biseksualny,transpłciowy,czarny,biały,Żydem,Żydówką,muzułmaninem,muzułmanką,katolikiem,katoliczką,Ukraińcem,Ukrainką,Romem,"
        "niepełnosprawny,głuchy,niewidomy,stary,młody,ateistą,feministką,uchodźcą,imigrantem,Niemcem",
        "Jestem {}.|Mój sąsiad jest {}.|Mój przyjaciel jest {} i pracujemy razem.|Moja córka jest {} i kocham ją.|Nowy burmistrz jest {}.",
        "pedał,ciota,czarnuch,kurwa,dziwka,żyd,idiota,debil,ciapaty,szmata,chuj,lesba",
        "Nazwał mnie „{}”.|Słowo „{}” nie powinno być w gazecie.|Ktoś napisał „{}” na ścianie szkoły.|Sąd uznał, że „{}” to obelga.|Dlaczego drukujecie słowo {}?",
    ),
    _Language(
        "ru",
        "гей,лесбиянка,бисексуал,трансгендер,чернокожий,белый,еврей,еврейка,мусульманин,мусульманка,христианин,православный,католик,татарин,чеченец,"
        "армянин,украинец,узбек,таджик,цыган,китаец,инвалид,глухой,слепая,старый,молодой,атеист,феминистка,мигрант,беженец,пенсионер,русский",
        "Я {}.|Мой сосед — {}.|Мой лучший друг {}, мы вместе работаем.|Я {} и живу в Москве.|Новый мэр — {}.|Мой муж {}, а я нет.|Её отец {}, мать учительница.|"
        "Быть {} — не преступление.|Здесь живёт один {}, хороший врач.",
        "пидор,пидорас,жид,хач,чурка,шлюха,сука,дебил,идиот,ниггер,хохол,москаль,кацап,урод,мразь,блядь,тварь,гомик,даун",
        "Он назвал меня «{}».|Слову «{}» не место в газете.|Кто-то написал «{}» на стене школы.|Суд решил, что «{}» — оскорбление.|"
        "Зачем вы печатаете слово {}?|В детстве меня называли «{}», было обидно.|Что значит слово «{}»?",
    ),
    _Language(
        "uk",
        "гей,лесбійка,трансгендер,чорношкірий,єврей,єврейка,мусульманин,християнин,католик,кримський татарин,ром,поляк,росіянин,людина з інвалідністю,"
        "глухий,сліпа,старий,молодий,атеїст,феміністка,біженець,переселенець",
        "Я {}.|Мій сусід — {}.|Мій найкращий друг {}, ми разом працюємо.|Новий мер — {}.|Мій чоловік {}, а я ні.",
        "підор,жид,москаль,хохол,шльондра,сука,дебіл,ідіот,тварюка,циган",
        "Він назвав мене «{}».|Слову «{}» не місце в газеті.|Хтось написав «{}» на стіні школи.|Суд вирішив, що «{}» — образа.",
    ),
    _Language(
        "tr",
        "eşcinselim,geyim,lezbiyenim,transım,siyahım,beyazım,Yahudiyim,Müslümanım,Hristiyanım,Aleviyim,Kürdüm,Ermeniyim,Rumum,Suriyeliyim,engelliyim,sağırım,"
        "körüm,yaşlıyım,gencim,ateistim,feministim,göçmenim",
        "Ben {}.|Ben {} ve İstanbul'da yaşıyorum.|Evet, {}, bunda ne var?|Bir okurunuz olarak yazıyorum: {}.",
        "ibne,orospu,top,piç,gavur,aptal,salak,şerefsiz,çingene,gerizekalı",
        "Bana “{}” dedi.|“{}” kelimesinin gazetede yeri yok.|Birisi okulun duvarına “{}” yazmış.|Mahkeme “{}” sözünün hakaret olduğuna karar verdi.",
    ),
    _Language(
        "id",
        "gay,lesbian,biseksual,transgender,Kristen,Islam,Muslim,Hindu,Buddha,Katolik,Tionghoa,Papua,Jawa,Batak,Yahudi,tuli,buta,difabel,tua,muda,ateis,feminis,pengungsi",
        "Saya {}.|Saya orang {}.|Tetangga saya {}.|Sahabat saya {} dan kami bekerja bersama.|Wali kota yang baru {}.|Suami saya {}, saya tidak.",
        "banci,anjing,babi,monyet,bencong,lonte,bangsat,kafir,bego,goblok,cina,tolol",
        'Dia menyebut saya "{}".|Kata "{}" tidak pantas di koran.|Seseorang menulis "{}" di dinding sekolah.|Pengadilan memutuskan bahwa "{}" adalah penghinaan.',
    ),
    _Language(
        "vi",
        "người đồng tính,người chuyển giới,người da đen,người da trắng,người Do Thái,người Hồi giáo,người Công giáo,người Hoa,người khuyết tật,người điếc,"
        "người mù,người già,người vô thần,người nhập cư,người tị nạn",
        "Tôi là {}.|Hàng xóm của tôi là {}.|Bạn thân của tôi là {}.|Thị trưởng mới là {}.",
        "bê đê,đồ chó,con đĩ,mọi,thằng ngu,khốn nạn,đồ điên",
        "Anh ta gọi tôi là “{}”.|Từ “{}” không nên có trong báo.|Ai đó đã viết “{}” lên tường trường học.",
    ),
    _Language(
        "ko",
        "게이,레즈비언,동성애자,트랜스젠더,흑인,백인,유대인,무슬림,기독교인,천주교 신자,불교 신자,중국인,조선족,탈북민,장애인,청각장애인,시각장애인,노인,여성,남성,페미니스트,무신론자,난민,이주민,일본인",
        "저는 {}입니다.|제 이웃은 {}입니다.|제 친한 친구는 {}이고 같이 일합니다.|새 시장은 {}입니다.|{}도 세금을 냅니다.|우리 동네에는 {}이 많이 삽니다.",
        "호모,병신,걸레,창녀,짱깨,쪽바리,한남,김치녀,새끼,장애,흑형,똥꼬충",
        "그가 나를 “{}”라고 불렀다.|“{}”라는 말은 신문에 실리면 안 됩니다.|누가 학교 벽에 “{}”라고 썼다.|법원은 “{}”가 모욕이라고 판단했다.",
    ),
    _Language(
        "ja",
        "ゲイ,レズビアン,同性愛者,トランスジェンダー,黒人,白人,ユダヤ人,イスラム教徒,キリスト教徒,仏教徒,中国人,韓国人,在日,障害者,聴覚障害者,視覚障害者,高齢者,女性,男性,フェミニスト,無神論者,難民,移民,アイヌ",
        "私は{}です。|隣の人は{}です。|親友は{}で、一緒に働いています。|新しい市長は{}です。|{}も税金を払っています。",
        "ホモ,オカマ,チョン,バカ,キチガイ,売女,クズ,土人",
        "彼は私を「{}」と呼んだ。|「{}」という言葉は新聞に載せるべきではない。|誰かが学校の壁に「{}」と書いた。|裁判所は「{}」を侮辱と認めた。",
    ),
    _Language(
        "zh",
        "同性恋者,女同性恋者,双性恋者,跨性别者,黑人,白人,犹太人,穆斯林,基督徒,天主教徒,佛教徒,日本人,韩国人,残疾人,聋人,盲人,老人,女人,男人,女权主义者,无神论者,难民,移民,藏族人,维吾尔族人",
        "我是{}。|我的邻居是{}。|我最好的朋友是{}，我们一起工作。|新市长是{}。|{}也要交税。|这里住着很多{}。",
        "死基佬,黑鬼,婊子,荡妇,傻逼,白痴,支那人,鬼子,贱人,混蛋",
        "他叫我“{}”。|报纸上不应该出现“{}”这个词。|有人在学校的墙上写了“{}”。|法院认定“{}”是侮辱。",
    ),
    _Language(
        "ar",
        "مسلم,مسلمة,مسيحي,مسيحية,يهودي,يهودية,شيعي,سني,كردي,درزي,أمازيغي,أسود,أبيض,مثلي,امرأة,رجل,أصم,كفيف,مسن,شاب,لاجئ,مهاجر,ملحد,فلسطيني,سوري",
        "أنا {}.|جاري {}.|صديقي {} ونعمل معا.|رئيس البلدية الجديد {}.|أنا {} وأعيش هنا منذ سنوات.",
        "كلب,حمار,عاهرة,شاذ,كافر,غبي,عبد,خنزير",
        "قال لي «{}».|كلمة «{}» لا مكان لها في الجريدة.|كتب أحدهم «{}» على جدار المدرسة.|قضت المحكمة بأن «{}» إهانة.",
    ),
    _Language(
        "sv",
        "homosexuell,lesbisk,bisexuell,transperson,svart,vit,jude,muslim,kristen,katolik,same,rom,funktionsnedsatt,döv,blind,gammal,ung,ateist,feminist,flykting,invandrare",
        "Jag är {}.|Min granne är {}.|Min bästa vän är {} och vi jobbar ihop.|Min dotter är {} och jag älskar henne.|Den nya borgmästaren är {}.",
        "bög,neger,hora,blatte,svartskalle,jävel,idiot,tattare,fitta,flata",
        "Han kallade mig ”{}”.|Ordet ”{}” hör inte hemma i en tidning.|Någon skrev ”{}” på skolans vägg.|Domstolen slog fast att ”{}” är en förolämpning.",
    ),
    _Language(
        "hi",
        "समलैंगिक,मुसलमान,हिंदू,ईसाई,सिख,बौद्ध,दलित,ब्राह्मण,विकलांग,बहरा,अंधा,बूढ़ा,जवान,नास्तिक,नारीवादी,शरणार्थी,प्रवासी,यहूदी,आदिवासी",
        "मैं {} हूँ।|मेरा पड़ोसी {} है।|मेरा सबसे अच्छा दोस्त {} है और हम साथ काम करते हैं।|नए मेयर {} हैं।",
        "कुत्ता,हरामी,रंडी,छक्का,चमार,बेवकूफ,सूअर",
        "उसने मुझे “{}” कहा।|“{}” शब्द अख़बार में नहीं होना चाहिए।|किसी ने स्कूल की दीवार पर “{}” लिखा।",
    ),
)  # fmt: skip


def sentences() -> Iterator[tuple[str, str]]:
    """All sentences with the code of their language, in a fixed order."""
    for language in _LANGUAGES:
        for words, patterns in ((language.names, language.sentences), (language.slurs, language.quotes)):
            for pattern in patterns.split("|"):
                for word in words.split(","):
                    filled = pattern.format(word)
                    yield filled[0].upper() + filled[1:], language.code
