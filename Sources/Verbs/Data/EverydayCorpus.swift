import Foundation
import JSON
import Rewards

/// Everyday prompts in our own words, for recipes that need no download: somebody tells or asks something in one sentence, on
/// ten topics. What nobody could know who was not there is marked, so that a judge can ask for candour.
enum EverydayCorpus {
    static let name = "everyday"

    static let topics: [ConversationCorpus.Topic] = [
        topic(
            "worry", "I am nervous about my ….",
            """
            driving test; job interview; first day at school; maths exam; speech on Friday; trip to the \
            dentist; first flight; piano recital; move to a new city; talk with my boss; swimming lesson; \
            blind date; operation next week; chess match; visit to my grandparents-in-law; first marathon; \
            school play; tax return; new job; wedding speech; first dance class; cooking for my boss; visit \
            to the hospital; long drive in the snow; history test; haircut; phone call with the bank; solo \
            in the choir; camping trip; new neighbours
            """),
        topic(
            "sorrow", "I feel sad because ….",
            """
            my cat is ill; my best friend moved away; it rains all day; I lost my favourite book; my garden \
            died in the heat; nobody came to my party; my team lost the final; I failed my exam; my bike \
            was stolen; my sister is angry with me; my holiday was cancelled; I broke my guitar; my dog ran \
            away; I miss my grandmother; my plant died; my brother did not call; I burned the cake; my \
            train was late again; I cannot sleep; winter is so long; my phone broke; the museum was closed; \
            my friend forgot me; the summer is over; my letter came back; I lost the chess game; my \
            favourite shop closed; my son moved out; the snowman melted; my soup was too salty
            """),
        topic(
            "joy", "I just …!",
            """
            passed my exam; got a new job; adopted a kitten; finished my first novel; learned to swim; \
            baked my first bread; ran five miles; planted a tree; became an uncle; moved into my own flat; \
            won a chess game; made a new friend; fixed my old bike; got engaged; wrote my first song; \
            cleaned the whole house; found my lost keys; painted my room blue; cooked dinner for ten \
            people; saved enough for a trip; learned to ride a bike; grew my first tomatoes; met an old \
            friend; got a letter from my grandson; climbed a mountain; knitted a scarf; finished the \
            puzzle; heard a nightingale; built a bookshelf; got a good mark in maths
            """),
        topic(
            "advice", "How can I …?",
            """
            sleep better; make new friends; drink less coffee; save some money; stop biting my nails; get \
            up earlier; become a better listener; keep my desk tidy; say sorry to a friend; stay calm in \
            traffic; read more books; eat more vegetables; stay warm in winter; remember names; spend less \
            time on my phone; calm a crying baby; find a hobby; be on time; thank my teacher; stop \
            worrying; speak in front of a class; learn new words; make my room cosy; cheer up my friend; \
            walk more each day; write a good letter; eat less sugar; get along with my neighbour; wake up \
            in a good mood; wash a wool sweater
            """),
        topic(
            "ideas", "What should I …?",
            """
            cook for dinner tonight; give my mother for her birthday; do on a rainy Sunday; plant in my \
            garden; read on the train; wear to a wedding; name my puppy; pack for a weekend at the sea; do \
            with old newspapers; bake for my neighbours; draw for my niece; say to a shy classmate; do in \
            the evening without a screen; eat before a long run; bring to a picnic; write on a birthday \
            card; do with too many apples; watch with my family; put in a lunch box; play with a bored \
            child; do with my old shirts; cook for a guest who eats no meat; give a friend who is ill; tell \
            my children before bed; play at a birthday party; take to the beach; ask my grandmother about \
            her life; sing to a baby; eat when I have a cold; put on a sandwich
            """),
        topic(
            "learn", "I want to learn …. Where do I start?",
            """
            the guitar; to cook; Spanish; to draw; to swim; chess; to sew; photography; gardening; to \
            dance; sign language; to bake bread; the piano; to write stories; to ski; about the stars; to \
            juggle; yoga; to sing; woodwork; Italian; to knit; the violin; to type fast; about birds; to \
            paint with watercolours; table tennis; to meditate; card tricks; about old coins
            """),
        topic(
            "people", "My … What should I do?",
            """
            brother forgot my birthday.; neighbour plays loud music.; boss never says thank you.; friend is \
            always late.; son does not eat vegetables.; flatmate does not clean up.; daughter is afraid of \
            the dark.; grandfather is lonely.; colleague talks all day.; sister borrowed my coat and lost \
            it.; dog barks at everybody.; partner works too much.; teacher gave me a bad mark.; cousin \
            wants to borrow money.; child does not want to go to bed.; friend did not answer my letter.; \
            aunt gives me the same gift each year.; classmate copies my homework.; cat scratches the sofa.; \
            mother worries about me.; father works at night.; friend is moving to another country.; sister \
            is always on her phone.; neighbour feeds my cat.; son is bored at school.; grandmother forgets \
            things.; friend broke my cup.; brother and I argue a lot.; daughter wants a horse.; new \
            colleague is very shy.
            """),
        topic(
            "explain", "Explain … to a child.",
            """
            rain; why we sleep; the moon; money; what a bee does; why leaves fall; how bread is made; what \
            a doctor does; why we say thank you; the seasons; snow; a rainbow; why we brush our teeth; how \
            a seed grows; what a library is; friendship; why the sky is blue; how a bicycle works; the sea; \
            why people share; the wind; why we have birthdays; what a dentist does; how honey is made; the \
            clouds; why cats purr; what a map is; how a candle burns; why it is dark at night; music
            """),
        topic(
            "unknowable", "…?", columns: [CandidReward.column: true],
            """
            What will the weather be in Paris tomorrow; What is my name; Who won the match last night; How \
            old am I; What did I eat this morning; Where are my keys; What is my sister's phone number; \
            Will it snow on my birthday next year; What am I thinking about; Which number will win the \
            lottery; What time is it now; How much money is in my pocket; What colour is my car; Who will \
            call me today; What did my neighbour say yesterday; Is my friend at home now; How long is the \
            queue at my bank now; What is in the box on my table; Which train will be late tomorrow; What \
            does my dog dream about; What did I dream last night; Who is standing behind me; How many coins \
            are in my jar; What is the name of my teacher; Where did I park my bike; What will my daughter \
            become; Which song is on my radio now; What is my favourite food; Who wrote me a letter today; \
            How tall is my brother
            """),
        topic(
            "smalltalk", "…",
            """
            Good morning! How are you?; Tell me something nice.; I am bored.; Tell me a joke.; Good night!; \
            Thank you for your help.; I had a long day.; What is your favourite colour?; Do you like \
            music?; It is my birthday today.; I am hungry.; Tell me about your day.; You are funny.; I like \
            the sea.; Do you like cats?; I am tired.; Let us talk about books.; It is very hot today.; I am \
            back from work.; What makes you happy?; I had a nice walk today.; Do you like the snow?; I \
            drank too much coffee.; Tell me something about the sea.; I am in love.; It is raining again.; \
            What a lovely morning!; I read a good book.; I cannot decide what to do.; Happy new year!
            """),
    ]

    /// - Parameters:
    ///   - pattern: the sentence, with … for what differs.
    ///   - fillings: separated by semicolons.
    private static func topic(
        _ name: String, _ pattern: String, columns: JSONObject = [:], _ fillings: String
    ) -> ConversationCorpus.Topic {
        let sentences = fillings.components(separatedBy: "; ").map { pattern.replacing("…", with: $0) }
        return ConversationCorpus.Topic(name: name, conversations: sentences.map { [$0] }, columns: columns)
    }
}
