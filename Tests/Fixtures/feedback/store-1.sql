PRAGMA application_id = 1214604644;
BEGIN TRANSACTION;
CREATE TABLE annotators (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'excluded', 'withdrawn')),
    status_reason TEXT NOT NULL DEFAULT '',
    groups TEXT NOT NULL DEFAULT '{}',
    sign_in_hash BLOB,
    created_at REAL NOT NULL
) STRICT;
INSERT INTO "annotators" VALUES(1,'Ada','annotator','active','','{"language":"de"}',X'1B09A42F71C78B4555E9002DDDADE104E9AFC719A8B75F333CE018944369341C',1000000.0);
INSERT INTO "annotators" VALUES(2,'Bob','annotator','excluded','too fast','{}',X'98AD99914ADF20E64BE756CBB353ED6028919CE596868B727559FC4FC2AF1EA5',1000000.0);
INSERT INTO "annotators" VALUES(3,'withdrawn 3','annotator','withdrawn','','{}',NULL,1000000.0);
CREATE TABLE assignments (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects(id),
    item INTEGER NOT NULL REFERENCES items(id),
    annotator INTEGER NOT NULL REFERENCES annotators(id),
    showing INTEGER NOT NULL CHECK (showing IN (0, 1)),
    drawn TEXT NOT NULL CHECK (drawn IN ('random', 'selected')),
    arrangement TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'judged', 'skipped', 'released')),
    revision INTEGER NOT NULL DEFAULT 0,
    answered INTEGER,
    created_at REAL NOT NULL,
    expires_at REAL,
    UNIQUE (item, annotator, showing),
    FOREIGN KEY (project, version) REFERENCES project_versions (project, version)
) STRICT;
INSERT INTO "assignments" VALUES(1,1,8,1,0,'random','[0,1]',2,'judged',1,1,1000000.0,NULL);
INSERT INTO "assignments" VALUES(2,1,6,1,0,'random','[0,1]',2,'judged',1,2,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(3,1,4,1,0,'random','[0,1]',2,'judged',1,3,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(4,1,6,1,1,'random','[0,1]',2,'judged',1,4,1000000.0,NULL);
INSERT INTO "assignments" VALUES(5,1,5,1,0,'random','[0,1]',2,'judged',1,5,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(6,1,2,1,0,'random','[0,1]',2,'judged',1,6,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(7,1,4,1,1,'random','[1,0]',2,'judged',2,7,1000000.0,NULL);
INSERT INTO "assignments" VALUES(8,1,8,2,0,'random','[0,1]',2,'judged',1,1,1000000.0,NULL);
INSERT INTO "assignments" VALUES(9,1,7,2,0,'random','[0,1]',2,'judged',1,2,1000000.0,NULL);
INSERT INTO "assignments" VALUES(10,1,6,2,0,'random','[0,1]',2,'judged',1,3,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(11,1,8,3,0,'random','[0,1]',2,'judged',1,1,1000000.0,NULL);
INSERT INTO "assignments" VALUES(12,1,7,3,0,'random','[0,1]',2,'judged',1,2,1000000.0,NULL);
INSERT INTO "assignments" VALUES(13,1,4,2,0,'random','[0,1]',2,'released',0,NULL,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(14,1,5,2,0,'random','[1,0]',2,'skipped',0,NULL,1000000.0,1001800.0);
INSERT INTO "assignments" VALUES(15,2,9,1,0,'random','[1,0]',1,'judged',1,1,1000000.0,NULL);
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    annotator INTEGER REFERENCES annotators(id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}',
    chain BLOB NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,1000000.0,NULL,'store created','store','{}',X'B36BE7B10AF44C87CBB39679DA3910BCA14A7E6B7F5B5ADFF205FAB81A1C89EF');
INSERT INTO "audit" VALUES(2,1000000.0,NULL,'project created','project 1','{"name":"study"}',X'FBF2540846B0AC4E892D9A5BA4CA989C4473A98920387EABFCC6E501A1A13A13');
INSERT INTO "audit" VALUES(3,1000000.0,NULL,'items added','project 1','{"count":6,"kind":"work"}',X'2A88DEC8185FC7FF9287B3EF9CDD9CB02E5315E0F17BB7AB80951745471C507B');
INSERT INTO "audit" VALUES(4,1000000.0,NULL,'items added','project 1','{"count":1,"kind":"gold"}',X'59B89F54076EE8245A6FC8E69A6B35640B45523729C87FCE2AC87F505783BC08');
INSERT INTO "audit" VALUES(5,1000000.0,NULL,'items added','project 1','{"count":1,"kind":"training"}',X'39F9DD3B43FDC0C6471624A51D605DD19522073D27D966734590308B8F1D984A');
INSERT INTO "audit" VALUES(6,1000000.0,NULL,'project changed','project 1','{"version":2}',X'2342BE2F75099BDED0C548FE8EF6845B16CB02AA93638F3409654A5010D5804D');
INSERT INTO "audit" VALUES(7,1000000.0,NULL,'invited','invitation 1','{"role":"lead"}',X'8A5794C6812D6E83BF4D767975B398E2D8052D9244F94A1844DB9B569C3CF27E');
INSERT INTO "audit" VALUES(8,1000000.0,NULL,'invited','invitation 2','{"role":"annotator"}',X'05DAD3A8A59F8749B34A652EA90E2BD467F8C729628AB1B23D34EEF1B4E5FD60');
INSERT INTO "audit" VALUES(9,1000000.0,1,'joined','annotator 1','{"invitation":2,"role":"annotator"}',X'1BD004EEE8F4C1C3CE3A6F34BC20A98B084E106BB1F9F6A95EC7674DE61C7FF3');
INSERT INTO "audit" VALUES(10,1000000.0,NULL,'invited','invitation 3','{"role":"annotator"}',X'F775FE465339079DB49EDF8E5DF4D8729FE31FBC6D1A96E03C70F36615282A48');
INSERT INTO "audit" VALUES(11,1000000.0,2,'joined','annotator 2','{"invitation":3,"role":"annotator"}',X'26F7E11D50C20103A620B3A9F6BB1C34B54D824F0E8736B90CDCC413EF33D58F');
INSERT INTO "audit" VALUES(12,1000000.0,NULL,'invited','invitation 4','{"role":"annotator"}',X'0047EB9717E505B3046E393CF60E6DBAF6E6E07A8A2291E3AB09FF3A8626CC6D');
INSERT INTO "audit" VALUES(13,1000000.0,3,'joined','annotator 3','{"invitation":4,"role":"annotator"}',X'755A687573C4DB7A8CA713A15ADD754504B748131BA367FC8A31F2538BA89564');
INSERT INTO "audit" VALUES(14,1000000.0,1,'dealt','assignment 1','{"item":8,"to":1}',X'0123B306F5E90680D9D26B9E2BC04D799A667499D09C132AC53FA64B20F11669');
INSERT INTO "audit" VALUES(15,1000000.0,1,'judged','judgment 1','{"sha256":"0c9275c35992e853856d6ac4dda76ba903fb867891cb1830088f2d5b246c9773"}',X'B0D6E996BBAD6B71C1C353F00B21F78E1A2B0F79B8B6657907EA0125AFD49F2D');
INSERT INTO "audit" VALUES(16,1000000.0,1,'dealt','assignment 2','{"item":6,"to":1}',X'695CE022522546DB5C67DBB74BA9365B16B210C1606F4F46F4F471A94193E2BD');
INSERT INTO "audit" VALUES(17,1000000.0,1,'judged','judgment 2','{"sha256":"b658bf3f10bdfb83e16b9547aa14f33a274f3e17ead08e9d9b2875eda69db507"}',X'3B35B09C9A0339C6CE059601B581CBF7E7B7884B5ED70FD8EA183BFF33A061F3');
INSERT INTO "audit" VALUES(18,1000000.0,1,'dealt','assignment 3','{"item":4,"to":1}',X'408DB288EC4FD93DD7D8BABA3A4CB5E04FF41CD1541F90B9CAA681FD4FACDFED');
INSERT INTO "audit" VALUES(19,1000000.0,1,'judged','judgment 3','{"sha256":"37cd01c82b586f2cc83b5e5219c07aef94eca26d356c0ff790729710cbd96cf0"}',X'F607FF2C501EB0823E5CA6EB828ADA5DC4970172BAF373946066D83F4AD66A1B');
INSERT INTO "audit" VALUES(20,1000000.0,1,'dealt','assignment 4','{"item":6,"to":1}',X'E57DF94EC3FBB18293F73CF5514CAB263D329FF44EF18F18E129B5F26115EDA6');
INSERT INTO "audit" VALUES(21,1000000.0,1,'judged','judgment 4','{"sha256":"959fee8934e45b1b389a3be4b847b7195e8b4d6519307ed6e54cf38c7fb549c7"}',X'7B4815A635B16A0AE5E4C48D9A369F2CC05CD18FFBD4B1357146B29A49FA581C');
INSERT INTO "audit" VALUES(22,1000000.0,1,'dealt','assignment 5','{"item":5,"to":1}',X'CAEA085AEA349E3F7EBBC717299D5DBC07DFB14A98E6095DAAB1FC61D4D88A65');
INSERT INTO "audit" VALUES(23,1000000.0,1,'judged','judgment 5','{"sha256":"0ae7c9e0eab56bb82e9ad942e6a0e5bf02ddbb4d29bc5a755e9e2b11e0be0387"}',X'58AB291606DCEBCE1BA1F6573F110400578BFF64E70DDB65EF0BDAEDD23B5963');
INSERT INTO "audit" VALUES(24,1000000.0,1,'dealt','assignment 6','{"item":2,"to":1}',X'09B359E59F0366479B840ABB293A5C3566261631C7A4EBA89D5FCB57E2D28785');
INSERT INTO "audit" VALUES(25,1000000.0,1,'judged','judgment 6','{"sha256":"99a281991630b89d965fb0f15b9da2d7f1e8f7d4e271b9031c22ee97ba512eb4"}',X'2AE896880869F3A0EE7EBCB634A92CE6943D40CD1FE060405126111A4D175E22');
INSERT INTO "audit" VALUES(26,1000000.0,1,'dealt','assignment 7','{"item":4,"to":1}',X'74048FFC052D3D40F1C4DD773D91E3139E941CA4798C1EECCD2A4DD49E838491');
INSERT INTO "audit" VALUES(27,1000000.0,1,'judged','judgment 7','{"sha256":"dc426302e965c5b36303fa30b22a7cbe51a867b0dddb6e560891952a35e45efc"}',X'316BE6099F6BFE85DC49EA28701FA7C9FF1AD91958F33545621F5432DC2A476F');
INSERT INTO "audit" VALUES(28,1000000.0,1,'judged','judgment 8','{"sha256":"66a7e4099edf1f227de368ac809852ee1a17fa6e69b36f720db82f0840019b48"}',X'758696D0CE67CF4CA6C1D3C5E88444C1DDE93DD353D23280A6BF4C67557367A6');
INSERT INTO "audit" VALUES(29,1000000.0,2,'dealt','assignment 8','{"item":8,"to":2}',X'CA656E5FA2121C03D617335AF56AB7BF328B7605FD79E80D56B226D660EA705D');
INSERT INTO "audit" VALUES(30,1000000.0,2,'judged','judgment 9','{"sha256":"12ecae54187636c29ac89995cf55d4e716441cb2dc204d6e3efdeb82cbc9b386"}',X'89F38F86FDA37FFA1C245671B22B0D52CDA33684FCEF359493926C0E465F16D7');
INSERT INTO "audit" VALUES(31,1000000.0,2,'dealt','assignment 9','{"item":7,"to":2}',X'B7DF80FB177494EDB88A4094E259FDD83F86F3B9E16D864116610653F7C3B025');
INSERT INTO "audit" VALUES(32,1000000.0,2,'judged','judgment 10','{"sha256":"ac834909e39f8ed28aaea7cc4bfdd31dc5b8ead8108875c723c2e30c4d4015a3"}',X'48E8C809A2CC99DFF335E366504885167C87B0C466482CA5E55BED1C69B820C8');
INSERT INTO "audit" VALUES(33,1000000.0,2,'dealt','assignment 10','{"item":6,"to":2}',X'28E98F6358FFEAF54C111A840BA696A181AFCD939A9C83C17B8246173DBAE18F');
INSERT INTO "audit" VALUES(34,1000000.0,2,'judged','judgment 11','{"sha256":"471d2d0071be6ee49cf354e2bc8f95f150b08d34ebc04f53703211bbde08ed4e"}',X'3EF1847480B9F49D32A6A00EA7C33238BA844E023520242A0CD4788C447EBEA9');
INSERT INTO "audit" VALUES(35,1000000.0,3,'dealt','assignment 11','{"item":8,"to":3}',X'BF0BDED88BBA7FB13658C54B8B5B0D7C8BDDF422B4D1CA6B8C2CF12DC2EE7565');
INSERT INTO "audit" VALUES(36,1000000.0,3,'judged','judgment 12','{"sha256":"c9f61e910b08ecd642d847d563500fe7605f7f56282fa3f7909b1192d48f3eb8"}',X'48479AED5792C28791B8279D88C910A415E4E12239D9732BA27C90A8CF5F189A');
INSERT INTO "audit" VALUES(37,1000000.0,3,'dealt','assignment 12','{"item":7,"to":3}',X'0002869BB5505479547E9FCAC16943AC466C194EA79C26649ED4DDE0999901E9');
INSERT INTO "audit" VALUES(38,1000000.0,3,'judged','judgment 13','{"sha256":"65458394df6710abc212ce15b7cb0952c648f7d1b7de3bb1dec38474acd4d1f5"}',X'9EC99566AE000F5AFCBCE2CC87335860AD64D6C21EFA62EA99FF639085E8CC45');
INSERT INTO "audit" VALUES(39,1000000.0,2,'dealt','assignment 13','{"item":4,"to":2}',X'E764B240EE512B4BA7B466DE73E2E5FA78ACF1F361280666D4AC7B72ABE63A61');
INSERT INTO "audit" VALUES(40,1000000.0,2,'dealt','assignment 14','{"item":5,"to":2}',X'5F2CA16F9648220582437176E30F1E9575E05185B730733996BCDD90FEB234D3');
INSERT INTO "audit" VALUES(41,1000000.0,2,'skipped','assignment 14','{}',X'28ECCB4795A480BFE143C49C01D9EA2F01FA66FD6300CF449435A57D461E2B77');
INSERT INTO "audit" VALUES(42,1000000.0,NULL,'project created','project 2','{"name":"talk"}',X'AFF62EF3D0A3B56E6C4E14EBA6DECD53A6EB46E12DA8F2EBD537DA58EBA77BF0');
INSERT INTO "audit" VALUES(43,1000000.0,1,'conversation started','conversation 1','{}',X'54591923560B412F111793EE8E0B360A1E0BFCAEE72B8B18DFA712D06BA43381');
INSERT INTO "audit" VALUES(44,1000000.0,1,'dealt','assignment 15','{"item":9,"to":1}',X'CFE0BE69B85378A2268D15A0D1D125163B3DE6CF03B0BEBFBA33CD0F43627669');
INSERT INTO "audit" VALUES(45,1000000.0,1,'judged','judgment 14','{"sha256":"7db29b77a34c68146915d8759594b134bbe72b1a863e6ed74044e8faf0b8d072"}',X'2BE33B5ACFC19BFE8DD78524C1400CCC5432FF5FA3A795DEFC3973644AA3FDBC');
INSERT INTO "audit" VALUES(46,1000000.0,NULL,'used','use 1','{"run":"runs/reward","judgments":12}',X'A12E5972D87ACBB9A04BE23EC7BD6038C2332031E35D6F876A1495BAED5A3FD6');
INSERT INTO "audit" VALUES(47,1000000.0,NULL,'priorities set','items','{"count":1}',X'261AA32EAEAFA13985112028E03A716E48023CBC1FC3707A9D65D7B54C5C03E8');
INSERT INTO "audit" VALUES(48,1000000.0,NULL,'excluded','annotator 2','{}',X'8BFCE0CD175DC1CFE6FD7060BF83041F52665E3C33FCF8AF066770CB3A5DF38A');
INSERT INTO "audit" VALUES(49,1000000.0,NULL,'withdrawn','annotator 3','{}',X'CECCA54180D1B7AF3C539E08C8F9CD8036F8827D8072875ECD2328CE6963E513');
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects(id),
    annotator INTEGER NOT NULL REFERENCES annotators(id),
    created_at REAL NOT NULL,
    ended_at REAL
) STRICT;
INSERT INTO "conversations" VALUES(1,2,1,1000000.0,NULL);
CREATE TABLE drafts (
    assignment INTEGER PRIMARY KEY REFERENCES assignments(id),
    content TEXT NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
INSERT INTO "drafts" VALUES(13,'{"side":"A"}',1000000.0);
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('1 people, projects, items, judgments, audit');
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
    groups TEXT NOT NULL DEFAULT '{}',
    invited_by INTEGER REFERENCES annotators(id),
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    used_by INTEGER REFERENCES annotators(id)
) STRICT;
INSERT INTO "invitations" VALUES(1,X'5E32B5B937F5F28266EAE901EF92EF8B863D9207A496399E5D67C73B11BBE458','lead','{}',NULL,1000000.0,1604800.0,NULL);
INSERT INTO "invitations" VALUES(2,X'FB8BA0305F14A659D18FE83811CCC0FF8D8C4E317A4DAC0A722251AAEB41D2A4','annotator','{}',NULL,1000000.0,1604800.0,1);
INSERT INTO "invitations" VALUES(3,X'76B3393338D4743B946538E602F74581EC3BAEEC82264E705C859E22C806DFBD','annotator','{}',NULL,1000000.0,1604800.0,2);
INSERT INTO "invitations" VALUES(4,X'8138982189183BBB02D07E0D5BF98FCD9E3017664F8DD72470A3E8D475E01C9B','annotator','{}',NULL,1000000.0,1604800.0,3);
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects(id),
    kind TEXT NOT NULL CHECK (kind IN ('work', 'gold', 'training', 'chat')),
    content_hash BLOB NOT NULL,
    prompt TEXT NOT NULL,
    extra TEXT NOT NULL DEFAULT '{}',
    expected TEXT,
    explanation TEXT NOT NULL DEFAULT '',
    priority REAL,
    lot REAL NOT NULL,
    places INTEGER NOT NULL,
    judgments INTEGER NOT NULL DEFAULT 0,
    conversation INTEGER REFERENCES conversations(id),
    parent INTEGER REFERENCES items(id),
    created_at REAL NOT NULL,
    UNIQUE (project, content_hash)
) STRICT;
INSERT INTO "items" VALUES(1,1,'work',X'9BC847D96FBBA7175C649B68AFEF0928C72E51DF7A71344BD6776289976CFADA','"work 0"','{"number":1}',NULL,'',0.5,7.86199174132942935067e-01,2,0,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(2,1,'work',X'F10CD13C2002C16ADE6417DF3EDD12C0B485C20AA898A8F31C432832F725682B','"work 1"','{"number":1}',NULL,'',NULL,2.70884157697346861226e-01,1,1,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(3,1,'work',X'1149A7F7C0D5B1D5E67C68AE18C4F489F29E60E426C937DA318411A70AC2B780','"work 2"','{"number":1}',NULL,'',NULL,7.79146877122514180946e-01,2,0,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(4,1,'work',X'76EAD18C749C95871FEDDC3BC3D43E5CBBCA7B24165A231891371C7ED034B582','"work 3"','{"number":1}',NULL,'',NULL,1.46647371555902905626e-01,1,1,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(5,1,'work',X'7527F52F032F0CC59448D438FB53540FE4E7649EA8389A2610E7C121B7DDA0D0','"work 4"','{"number":1}',NULL,'',NULL,2.15481531915624247019e-01,1,1,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(6,1,'work',X'B3C5B7C86606942668D07FC68ADC27601FD59E74B7FECDCB63FA6921A4CE5B50','"work 5"','{"number":1}',NULL,'',NULL,9.07874774807945206234e-02,1,1,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(7,1,'gold',X'CC9EDB6B3CDB983B68F82B28BC51DB4C632BF1C097DC315EE683C3B5B9A8A0BE','"gold"','{"number":1}','{"verdicts":{"":{"better":0,"strength":2}}}','',NULL,0.497051671375643,2,0,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(8,1,'training',X'F80F7AF63C80B9F66E9E0DABC83C5A07FF4F6CC413BB0BA6936CD6C24AB5192E','"training"','{"number":1}','{"verdicts":{"":{"better":1,"strength":1}}}','It is shorter.',NULL,7.14142154664599737579e-01,1,1,NULL,NULL,1000000.0);
INSERT INTO "items" VALUES(9,2,'chat',X'8FAD34BBB0C1ED095FBF1B50CB0E48785A030D5AF68DC1A4957CBB583C3C1E5A','[{"role":"user","content":"Hello"}]','{}',NULL,'',NULL,2.44646958724630381176e-01,0,1,1,NULL,1000000.0);
CREATE TABLE judgments (
    id INTEGER PRIMARY KEY,
    assignment INTEGER NOT NULL REFERENCES assignments(id),
    project INTEGER NOT NULL REFERENCES projects(id),
    annotator INTEGER NOT NULL REFERENCES annotators(id),
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    opinion TEXT NOT NULL,
    seconds REAL NOT NULL,
    request BLOB NOT NULL UNIQUE,
    created_at REAL NOT NULL,
    UNIQUE (assignment, revision),
    FOREIGN KEY (project, version) REFERENCES project_versions (project, version)
) STRICT;
INSERT INTO "judgments" VALUES(1,1,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'6C3B5B8FCEAA4AB8BC963B665D55E3E1',1000000.0);
INSERT INTO "judgments" VALUES(2,2,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'7060E9A026714B879308BA8F3CFC9737',1000000.0);
INSERT INTO "judgments" VALUES(3,3,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'E4BE2EBC41704B759281EA29D02DAEE5',1000000.0);
INSERT INTO "judgments" VALUES(4,4,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'6380B91EA30F48B0892ED46A4BD5386A',1000000.0);
INSERT INTO "judgments" VALUES(5,5,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'2F387299957544EBAFA8ED0DB2989614',1000000.0);
INSERT INTO "judgments" VALUES(6,6,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'E4F9378575B74DDE8A37B9C4DB391253',1000000.0);
INSERT INTO "judgments" VALUES(7,7,1,1,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'F33F8579BDA84C50AFC1ECC89828F56C',1000000.0);
INSERT INTO "judgments" VALUES(8,7,1,1,2,2,'{"flags":{"1":["broken"]},"verdicts":{"":"tie"}}',3.0,X'113399C869FE4651B6163CAC258FC5D1',1000000.0);
INSERT INTO "judgments" VALUES(9,8,1,2,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'BE51BCC7FB5845CCAE4E69BDC25EFBBC',1000000.0);
INSERT INTO "judgments" VALUES(10,9,1,2,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'0D5860E0C7BC459CBCAB91FDC9989A2E',1000000.0);
INSERT INTO "judgments" VALUES(11,10,1,2,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'F7F35C9DF26F49F5BCC3C714E7DC9E62',1000000.0);
INSERT INTO "judgments" VALUES(12,11,1,3,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'F2C5AB7E6C794E0F9551AA96C105553B',1000000.0);
INSERT INTO "judgments" VALUES(13,12,1,3,1,2,'{"verdicts":{"":{"better":0,"strength":2}}}',3.0,X'84730E7DD04B4401AFBCA8C9317D4B97',1000000.0);
INSERT INTO "judgments" VALUES(14,15,2,1,1,1,'{"verdicts":{"":{"better":0,"strength":2}}}',2.0,X'79B26D6F1AF84A2A990751585160848A',1000000.0);
CREATE TABLE policies (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    sampler TEXT NOT NULL DEFAULT '{}',
    UNIQUE (name, hash, sampler)
) STRICT;
INSERT INTO "policies" VALUES(1,'A','aa','{}');
INSERT INTO "policies" VALUES(2,'B','','{"temperature":0.7}');
CREATE TABLE project_versions (
    project INTEGER NOT NULL REFERENCES projects(id),
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (project, version)
) STRICT, WITHOUT ROWID;
INSERT INTO "project_versions" VALUES(1,1,'{"allows_both_bad":true,"allows_edit":true,"allows_tie":true,"aspects":[{"name":"","question":""}],"gold_share":0.3,"groups":[{"name":"language","values":["de","en"]}],"guidelines":"","highest_mark":5,"lease_seconds":1800,"lowest_mark":1,"overlap":2,"question":"Which answer is better?","random_share":1,"reason":"optional","repeat_distance":1,"repeat_share":0.5,"selection":"random","stopping_width":0.1,"strengths":4,"task":"compare"}',1000000.0);
INSERT INTO "project_versions" VALUES(1,2,'{"allows_both_bad":true,"allows_edit":true,"allows_tie":true,"aspects":[{"name":"","question":""}],"gold_share":0.3,"groups":[{"name":"language","values":["de","en"]}],"guidelines":"Read *all* of it.","highest_mark":5,"lease_seconds":1800,"lowest_mark":1,"overlap":2,"question":"Which answer is better?","random_share":1,"reason":"optional","repeat_distance":1,"repeat_share":0.5,"selection":"random","stopping_width":0.1,"strengths":4,"task":"compare"}',1000000.0);
INSERT INTO "project_versions" VALUES(2,1,'{"allows_both_bad":true,"allows_edit":false,"allows_tie":true,"aspects":[{"name":"","question":""}],"gold_share":0,"groups":[],"guidelines":"","highest_mark":5,"lease_seconds":1800,"lowest_mark":1,"overlap":1,"question":"Which answer is better?","random_share":1,"reason":"optional","repeat_distance":20,"repeat_share":0,"selection":"random","stopping_width":0.1,"strengths":4,"task":"chat"}',1000000.0);
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    version INTEGER NOT NULL DEFAULT 1,
    definition TEXT NOT NULL,
    overlap INTEGER NOT NULL,
    created_at REAL NOT NULL,
    closed_at REAL
) STRICT;
INSERT INTO "projects" VALUES(1,'study',2,'{"allows_both_bad":true,"allows_edit":true,"allows_tie":true,"aspects":[{"name":"","question":""}],"gold_share":0.3,"groups":[{"name":"language","values":["de","en"]}],"guidelines":"Read *all* of it.","highest_mark":5,"lease_seconds":1800,"lowest_mark":1,"overlap":2,"question":"Which answer is better?","random_share":1,"reason":"optional","repeat_distance":1,"repeat_share":0.5,"selection":"random","stopping_width":0.1,"strengths":4,"task":"compare"}',2,1000000.0,NULL);
INSERT INTO "projects" VALUES(2,'talk',1,'{"allows_both_bad":true,"allows_edit":false,"allows_tie":true,"aspects":[{"name":"","question":""}],"gold_share":0,"groups":[],"guidelines":"","highest_mark":5,"lease_seconds":1800,"lowest_mark":1,"overlap":1,"question":"Which answer is better?","random_share":1,"reason":"optional","repeat_distance":20,"repeat_share":0,"selection":"random","stopping_width":0.1,"strengths":4,"task":"chat"}',1,1000000.0,NULL);
CREATE TABLE remarks (
    judgment INTEGER PRIMARY KEY REFERENCES judgments(id),
    reason TEXT NOT NULL,
    edits TEXT NOT NULL
) STRICT;
INSERT INTO "remarks" VALUES(8,'so','{"0":"better"}');
CREATE TABLE responses (
    item INTEGER NOT NULL REFERENCES items(id),
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    finish TEXT,
    policy INTEGER REFERENCES policies(id),
    extra TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "responses" VALUES(1,0,'work 0, one','stop',1,'{}');
INSERT INTO "responses" VALUES(1,1,'work 0, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(2,0,'work 1, one','stop',1,'{}');
INSERT INTO "responses" VALUES(2,1,'work 1, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(3,0,'work 2, one','stop',1,'{}');
INSERT INTO "responses" VALUES(3,1,'work 2, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(4,0,'work 3, one','stop',1,'{}');
INSERT INTO "responses" VALUES(4,1,'work 3, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(5,0,'work 4, one','stop',1,'{}');
INSERT INTO "responses" VALUES(5,1,'work 4, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(6,0,'work 5, one','stop',1,'{}');
INSERT INTO "responses" VALUES(6,1,'work 5, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(7,0,'gold, one','stop',1,'{}');
INSERT INTO "responses" VALUES(7,1,'gold, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(8,0,'training, one','stop',1,'{}');
INSERT INTO "responses" VALUES(8,1,'training, two',NULL,2,'{}');
INSERT INTO "responses" VALUES(9,0,'Hi.',NULL,NULL,'{}');
INSERT INTO "responses" VALUES(9,1,'Yes?',NULL,NULL,'{}');
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    annotator INTEGER NOT NULL REFERENCES annotators(id),
    renewed_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "sessions" VALUES(X'0BBB5CF4F68E5A5ACE2D131EF069BC7A432DCF80098B330468F640E2C0A58801',1,1000000.0,3592000.0);
CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seed INTEGER NOT NULL,
    created_at REAL NOT NULL
) STRICT;
INSERT INTO "store" VALUES(1,5,1000000.0);
CREATE TABLE streams (
    project INTEGER NOT NULL REFERENCES projects(id),
    annotator INTEGER NOT NULL REFERENCES annotators(id),
    dealt INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    frontier REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (project, annotator)
) STRICT, WITHOUT ROWID;
INSERT INTO "streams" VALUES(1,1,7,7,9.07874774807945206234e-02);
INSERT INTO "streams" VALUES(1,2,5,3,9.07874774807945206234e-02);
INSERT INTO "streams" VALUES(1,3,2,2,9.07874774807945206234e-02);
INSERT INTO "streams" VALUES(2,1,1,1,0.0);
CREATE TABLE used_judgments (
    use INTEGER NOT NULL REFERENCES uses(id),
    judgment INTEGER NOT NULL REFERENCES judgments(id),
    PRIMARY KEY (use, judgment)
) STRICT, WITHOUT ROWID;
INSERT INTO "used_judgments" VALUES(1,1);
INSERT INTO "used_judgments" VALUES(1,2);
INSERT INTO "used_judgments" VALUES(1,3);
INSERT INTO "used_judgments" VALUES(1,4);
INSERT INTO "used_judgments" VALUES(1,5);
INSERT INTO "used_judgments" VALUES(1,6);
INSERT INTO "used_judgments" VALUES(1,8);
INSERT INTO "used_judgments" VALUES(1,9);
INSERT INTO "used_judgments" VALUES(1,10);
INSERT INTO "used_judgments" VALUES(1,11);
INSERT INTO "used_judgments" VALUES(1,12);
INSERT INTO "used_judgments" VALUES(1,13);
CREATE TABLE uses (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    verb TEXT NOT NULL,
    schema TEXT NOT NULL,
    rows_hash TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (run, verb, schema, rows_hash)
) STRICT;
INSERT INTO "uses" VALUES(1,'runs/reward','reward','comparison','ab12',1000000.0);
CREATE INDEX sessions_of_annotator ON sessions (annotator);
CREATE INDEX conversations_of_annotator ON conversations (annotator, project);
CREATE INDEX items_by_kind ON items (project, kind, lot);
CREATE INDEX items_to_train ON items (project) WHERE kind = 'training';
CREATE INDEX items_at_random ON items (project, lot) WHERE kind = 'work' AND places > 0;
CREATE INDEX items_by_priority ON items (project, priority DESC, lot) WHERE kind = 'work' AND places > 0;
CREATE INDEX items_of_conversation ON items (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX assignments_of_annotator ON assignments (annotator, project, state, id);
CREATE INDEX assignments_answered ON assignments (annotator, project, answered) WHERE answered IS NOT NULL;
CREATE INDEX leases ON assignments (project, expires_at) WHERE state = 'open' AND expires_at IS NOT NULL;
CREATE INDEX judgments_of_project ON judgments (project, id);
CREATE INDEX judgments_of_annotator ON judgments (annotator, project, created_at);
CREATE INDEX uses_of_judgment ON used_judgments (judgment);
CREATE TRIGGER judgments_stay BEFORE UPDATE ON judgments
BEGIN SELECT RAISE(ABORT, 'judgments are only ever added'); END;
CREATE TRIGGER judgments_remain BEFORE DELETE ON judgments
BEGIN SELECT RAISE(ABORT, 'judgments are only ever added'); END;
CREATE TRIGGER remarks_stay BEFORE UPDATE ON remarks
BEGIN SELECT RAISE(ABORT, 'remarks are only ever added'); END;
CREATE TRIGGER remarks_remain BEFORE DELETE ON remarks
WHEN (SELECT a.status FROM judgments j JOIN annotators a ON a.id = j.annotator WHERE j.id = OLD.judgment)
    <> 'withdrawn'
BEGIN SELECT RAISE(ABORT, 'remarks go only when their author withdraws'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
COMMIT;
