//! Which properties each kind of object of a questionnaire may have, and under which older names they come.

/// What kind of object stands somewhere in a questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The whole questionnaire.
    Survey,
    /// A page.
    Page,
    /// A group of questions.
    Panel,
    /// One line of text, a number, a date and the like.
    Text,
    /// Long text.
    Comment,
    /// A scale.
    Rating,
    /// One of several, all shown.
    RadioGroup,
    /// One of several, in a list.
    Dropdown,
    /// Several of several, all shown.
    Checkbox,
    /// Several of several, in a list.
    TagBox,
    /// Several in an order.
    Ranking,
    /// One or several pictures.
    ImagePicker,
    /// One of several, as buttons.
    ButtonGroup,
    /// Areas of a picture.
    ImageMap,
    /// Yes or no.
    Boolean,
    /// One column for each row.
    Matrix,
    /// A question for each row and column.
    MatrixDropdown,
    /// The same, with rows that the customer adds.
    MatrixDynamic,
    /// Several short texts.
    MultipleText,
    /// A group of questions as often as the customer likes.
    PanelDynamic,
    /// A computed value.
    Expression,
    /// A number, or a range, on a line.
    Slider,
    /// Uploaded files.
    File,
    /// A signature.
    SignaturePad,
    /// Text with markup.
    Html,
    /// A picture.
    Image,
    /// A column of a matrix of questions.
    Column,
    /// One of several short texts.
    TextItem,
    /// A row of a matrix, or a step of a scale.
    Item,
    /// A choice.
    Choice,
    /// A choice as a button.
    Button,
    /// A column of a simple matrix.
    MatrixColumn,
    /// A picture to choose.
    ImageItem,
    /// A word beside a slider.
    SliderLabel,
    /// An area of a picture.
    Area,
    /// A value that expressions can use.
    CalculatedValue,
    /// What is shown at the end, on a condition.
    HtmlCondition,
    /// Where to go at the end, on a condition.
    UrlCondition,
    /// Ends the survey.
    CompleteTrigger,
    /// Shows pages and questions.
    VisibleTrigger,
    /// Sets an answer or a variable.
    SetValueTrigger,
    /// Copies an answer.
    CopyValueTrigger,
    /// Goes to a question.
    SkipTrigger,
    /// Computes an answer.
    RunExpressionTrigger,
    /// Number between bounds.
    NumericValidator,
    /// Length of text.
    TextValidator,
    /// How many are chosen.
    AnswerCountValidator,
    /// A pattern.
    RegexValidator,
    /// An e-mail address.
    EmailValidator,
    /// A condition.
    ExpressionValidator,
    /// How input is shaped.
    Mask,
    /// Choices from elsewhere.
    ChoicesByUrl,
}

/// What a property may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Yes or no.
    Flag,
    /// A number.
    Number,
    /// One word out of some, a name, an address: text that nobody translates.
    Plain,
    /// Text, perhaps in several languages.
    Localised,
    /// An expression as text.
    Expression,
    /// Whatever JSON can hold.
    Any,
    /// Questions and panels.
    Elements,
    /// Triggers.
    Triggers,
    /// Validators.
    Validators,
    /// Objects of one class.
    Nodes(Class),
    /// Values, or objects with a value.
    Choices(Class),
    /// One object.
    Single(Class),
}

/// Properties by shape; names are separated by blanks.
type Group = &'static [(Shape, &'static str)];

use Class::*;
use Shape::{
    Any, Choices, Elements, Flag, Localised, Nodes, Number, Plain, Single, Triggers, Validators,
};

/// Kinds of questions and panels by their names in JSON.
const ELEMENTS: &[(&str, Class)] = &[
    ("panel", Panel),
    ("text", Text),
    ("comment", Comment),
    ("rating", Rating),
    ("radiogroup", RadioGroup),
    ("dropdown", Dropdown),
    ("checkbox", Checkbox),
    ("tagbox", TagBox),
    ("ranking", Ranking),
    ("imagepicker", ImagePicker),
    ("buttongroup", ButtonGroup),
    ("imagemap", ImageMap),
    ("boolean", Boolean),
    ("matrix", Matrix),
    ("matrixdropdown", MatrixDropdown),
    ("matrixdynamic", MatrixDynamic),
    ("multipletext", MultipleText),
    ("paneldynamic", PanelDynamic),
    ("expression", Expression),
    ("slider", Slider),
    ("file", File),
    ("signaturepad", SignaturePad),
    ("html", Html),
    ("image", Image),
];

/// Kinds of triggers by their names in JSON.
const TRIGGERS: &[(&str, Class)] = &[
    ("complete", CompleteTrigger),
    ("visible", VisibleTrigger),
    ("setvalue", SetValueTrigger),
    ("copyvalue", CopyValueTrigger),
    ("skip", SkipTrigger),
    ("runexpression", RunExpressionTrigger),
];

/// Kinds of validators by their names in JSON.
const VALIDATORS: &[(&str, Class)] = &[
    ("numeric", NumericValidator),
    ("text", TextValidator),
    ("answercount", AnswerCountValidator),
    ("regex", RegexValidator),
    ("email", EmailValidator),
    ("expression", ExpressionValidator),
];

impl Class {
    /// The question or panel of a name in JSON.
    pub fn element(name: &str) -> Option<Self> {
        of(ELEMENTS, name)
    }

    /// The trigger of a name in JSON; older documents write `setvaluetrigger`.
    pub(crate) fn trigger(name: &str) -> Option<Self> {
        of(TRIGGERS, name.strip_suffix("trigger").unwrap_or(name))
    }

    /// The validator of a name in JSON; older documents write `numericvalidator`.
    pub(crate) fn validator(name: &str) -> Option<Self> {
        of(VALIDATORS, name.strip_suffix("validator").unwrap_or(name))
    }

    /// The name in JSON of a question, panel, trigger or validator.
    pub fn type_name(self) -> Option<&'static str> {
        let all = [ELEMENTS, TRIGGERS, VALIDATORS];
        let mut all = all.iter().flat_map(|kinds| kinds.iter());
        all.find(|(_, class)| *class == self).map(|(name, _)| *name)
    }

    /// Whether it is a choice, a row or the like, which may be written as its value alone.
    pub(crate) fn is_item(self) -> bool {
        matches!(
            self,
            Item | Choice | Button | MatrixColumn | ImageItem | SliderLabel | Area
        )
    }

    /// Every property that it may have, or those that are read by more than who writes the definition again. A name
    /// that stands twice counts where it stands first.
    pub(crate) fn properties<const ALL: bool>(self) -> impl Iterator<Item = (&'static str, Shape)> {
        let layout: &[Group] = if ALL { self.layout() } else { &[] };
        let groups = self.groups().iter().chain(layout).copied().flatten();
        groups.flat_map(|(shape, names)| {
            names
                .split_ascii_whitespace()
                .map(move |name| (name, *shape))
        })
    }

    fn groups(self) -> &'static [Group] {
        match self {
            Survey => &[SURVEY],
            Page => &[PAGE, PANEL],
            Panel => &[PANEL],
            Text => &[TEXT, QUESTION],
            Comment => &[COMMENT, QUESTION],
            Rating => &[RATING, QUESTION],
            RadioGroup => &[RADIO, SELECT, QUESTION],
            Dropdown => &[DROPDOWN, SELECT, QUESTION],
            Checkbox => &[CHECKBOX, CHECKS, SELECT, QUESTION],
            TagBox => &[TAGBOX, CHECKS, SELECT, QUESTION],
            Ranking => &[RANKING, CHECKS, SELECT, QUESTION],
            ImagePicker => &[IMAGE_PICKER, SELECT, QUESTION],
            ButtonGroup => &[BUTTONS, SELECT, QUESTION],
            ImageMap => &[IMAGE_MAP, QUESTION],
            Boolean => &[BOOLEAN, QUESTION],
            Matrix => &[SIMPLE_MATRIX, MATRIX, QUESTION],
            MatrixDropdown => &[MATRIX_DROPDOWN, CELLS, MATRIX, QUESTION],
            MatrixDynamic => &[MATRIX_DYNAMIC, CELLS, MATRIX, QUESTION],
            MultipleText => &[MULTIPLE_TEXT, QUESTION],
            PanelDynamic => &[PANEL_DYNAMIC, QUESTION],
            Expression => &[EXPRESSION, QUESTION],
            Slider => &[SLIDER, QUESTION],
            File => &[FILE, QUESTION],
            SignaturePad => &[SIGNATURE, QUESTION],
            Html => &[HTML, QUESTION],
            Image => &[IMAGE, QUESTION],
            Column => &[
                COLUMN, QUESTION, SELECT, CHECKS, DROPDOWN, TEXT, COMMENT, RATING, BOOLEAN,
                EXPRESSION, SLIDER, FILE, SIGNATURE, RADIO, TAGBOX,
            ],
            TextItem => &[TEXT_ITEM, TEXT, QUESTION],
            Item => &[ITEM],
            Choice => &[CHOICE, ITEM],
            Button => &[BUTTON, ITEM],
            MatrixColumn => &[MATRIX_COLUMN, ITEM],
            ImageItem => &[IMAGE_ITEM, ITEM],
            SliderLabel => &[SLIDER_LABEL, ITEM],
            Area => &[AREA, ITEM],
            CalculatedValue => &[CALCULATED_VALUE],
            HtmlCondition => &[HTML_CONDITION],
            UrlCondition => &[URL_CONDITION],
            CompleteTrigger => &[TRIGGER],
            VisibleTrigger => &[VISIBLE_TRIGGER, TRIGGER],
            SetValueTrigger => &[SET_TRIGGER, TRIGGER],
            CopyValueTrigger => &[COPY_TRIGGER, TRIGGER],
            SkipTrigger => &[SKIP_TRIGGER, TRIGGER],
            RunExpressionTrigger => &[RUN_TRIGGER, TRIGGER],
            NumericValidator => &[NUMERIC_VALIDATOR, VALIDATOR],
            TextValidator => &[TEXT_VALIDATOR, VALIDATOR],
            AnswerCountValidator => &[COUNT_VALIDATOR, VALIDATOR],
            RegexValidator => &[REGEX_VALIDATOR, VALIDATOR],
            EmailValidator => &[VALIDATOR],
            ExpressionValidator => &[EXPRESSION_VALIDATOR, VALIDATOR],
            Mask => &[MASK],
            ChoicesByUrl => &[CHOICES_BY_URL],
        }
    }

    /// Properties beside those: they are kept and written, and nothing here reads them.
    fn layout(self) -> &'static [Group] {
        match self {
            Survey => &[SURVEY_LAYOUT],
            Page => &[PAGE_LAYOUT, PANEL_LAYOUT],
            Panel => &[PANEL_LAYOUT],
            Text => &[TEXT_LAYOUT, QUESTION_LAYOUT],
            Comment => &[COMMENT_LAYOUT, QUESTION_LAYOUT],
            Rating => &[RATING_LAYOUT, QUESTION_LAYOUT],
            RadioGroup => &[RADIO_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            Dropdown => &[DROPDOWN_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            Checkbox => &[CHECKBOX_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            TagBox => &[TAGBOX_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            Ranking => &[RANKING_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            ImagePicker => &[IMAGE_PICKER_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            ButtonGroup => &[BUTTONS_LAYOUT, SELECT_LAYOUT, QUESTION_LAYOUT],
            ImageMap => &[IMAGE_MAP_LAYOUT, QUESTION_LAYOUT],
            Boolean => &[BOOLEAN_LAYOUT, QUESTION_LAYOUT],
            Matrix => &[SIMPLE_MATRIX_LAYOUT, MATRIX_LAYOUT, QUESTION_LAYOUT],
            MatrixDropdown => &[
                MATRIX_DROPDOWN_LAYOUT,
                CELLS_LAYOUT,
                MATRIX_LAYOUT,
                QUESTION_LAYOUT,
            ],
            MatrixDynamic => &[
                MATRIX_DYNAMIC_LAYOUT,
                CELLS_LAYOUT,
                MATRIX_LAYOUT,
                QUESTION_LAYOUT,
            ],
            MultipleText => &[MULTIPLE_TEXT_LAYOUT, QUESTION_LAYOUT],
            PanelDynamic => &[PANEL_DYNAMIC_LAYOUT, QUESTION_LAYOUT],
            Expression | Html => &[QUESTION_LAYOUT],
            Slider => &[SLIDER_LAYOUT, QUESTION_LAYOUT],
            File => &[FILE_LAYOUT, QUESTION_LAYOUT],
            SignaturePad => &[SIGNATURE_LAYOUT, QUESTION_LAYOUT],
            Image => &[IMAGE_LAYOUT, QUESTION_LAYOUT],
            Column => &[
                COLUMN_LAYOUT,
                QUESTION_LAYOUT,
                SELECT_LAYOUT,
                DROPDOWN_LAYOUT,
                TEXT_LAYOUT,
                COMMENT_LAYOUT,
                RATING_LAYOUT,
                BOOLEAN_LAYOUT,
                SLIDER_LAYOUT,
                FILE_LAYOUT,
                SIGNATURE_LAYOUT,
                RADIO_LAYOUT,
                TAGBOX_LAYOUT,
            ],
            TextItem => &[TEXT_ITEM_LAYOUT, TEXT_LAYOUT, QUESTION_LAYOUT],
            Item | ImageItem => &[ITEM_LAYOUT],
            Choice => &[CHOICE_LAYOUT, ITEM_LAYOUT],
            Button => &[BUTTON_LAYOUT, ITEM_LAYOUT],
            MatrixColumn => &[MATRIX_COLUMN_LAYOUT, ITEM_LAYOUT],
            SliderLabel => &[SLIDER_LABEL_LAYOUT, ITEM_LAYOUT],
            Area => &[AREA_LAYOUT, ITEM_LAYOUT],
            Mask => &[MASK_LAYOUT],
            ChoicesByUrl => &[CHOICES_BY_URL_LAYOUT],
            _ => &[],
        }
    }
}

fn of(kinds: &[(&str, Class)], name: &str) -> Option<Class> {
    kinds
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, class)| *class)
}

/// Older names of properties, and what they are called now; they hold where the older name is not known.
pub(crate) const RENAMED: &[(&str, &str)] = &[
    ("questions", "elements"),
    ("questions", "templateElements"),
    ("firstPageIsStarted", "firstPageIsStartPage"),
    ("useDisplayValuesInTitle", "useDisplayValuesInDynamicTexts"),
    ("hasComment", "showCommentArea"),
    ("hasOther", "showOtherItem"),
    ("hasNone", "showNoneItem"),
    ("hasSelectAll", "showSelectAllItem"),
    ("placeHolder", "placeholder"),
    ("optionsCaption", "placeholder"),
    ("rateDisplayMode", "rateType"),
    ("mininumRateDescription", "minRateDescription"),
    ("maximumRateDescription", "maxRateDescription"),
    ("isAllRowRequired", "eachRowRequired"),
    ("autoComplete", "autocomplete"),
    ("defaultValueFromLastRow", "copyDefaultValueFromLastEntry"),
    ("defaultValueFromLastPanel", "copyDefaultValueFromLastEntry"),
    ("insensitive", "caseInsensitive"),
    ("text", "altText"),
];

/// The same for properties of layout.
pub(crate) const RENAMED_LAYOUT: &[(&str, &str)] = &[
    ("focusFirstQuestionAutomatic", "autoFocusFirstQuestion"),
    ("focusOnFirstError", "autoFocusFirstError"),
    ("sendResultOnPageNext", "partialSendEnabled"),
    ("showCompletedPage", "showCompletePage"),
    ("questionsOrder", "questionOrder"),
    ("progressBarShowPageTitles", "progressBarShowNavigationText"),
    ("maxOthersLength", "maxCommentLength"),
    ("goNextPageAutomatic", "autoAdvanceEnabled"),
    ("allowCompleteSurveyAutomatic", "autoAdvanceAllowComplete"),
    ("requiredText", "requiredMark"),
    ("maxTimeToFinish", "timeLimit"),
    ("maxTimeToFinishPage", "timeLimitPerPage"),
    ("showTimerPanelMode", "timerInfoMode"),
    ("showTimerPanel", "timerLocation"),
    ("navigationButtonsVisibility", "showNavigationButtons"),
    ("commentPlaceHolder", "commentPlaceholder"),
    ("otherPlaceHolder", "otherPlaceholder"),
    ("showOptionsCaption", "allowClear"),
    ("showClearButton", "allowClear"),
    ("rowsOrder", "rowOrder"),
    ("size", "inputSize"),
    ("itemSize", "inputSize"),
    ("emptyRowsText", "noRowsText"),
    ("addRowLocation", "addRowButtonLocation"),
    ("allowRowsDragAndDrop", "allowRowReorder"),
    ("panelAddText", "addPanelText"),
    ("panelRemoveText", "removePanelText"),
    ("panelPrevText", "prevPanelText"),
    ("panelNextText", "nextPanelText"),
    ("showRangeInProgress", "showProgressBar"),
    ("templateTitleLocation", "templateQuestionTitleLocation"),
    ("panelRemoveButtonLocation", "removePanelButtonLocation"),
    ("renderMode", "displayMode"),
    ("columnLayout", "transposeData"),
    ("columnsLocation", "transposeData"),
    ("attachOriginalItems", "attachData"),
];

/// What an older document says in a word, as today's say it.
pub(crate) struct Reworded<'w> {
    /// The property that says it now, by yes or no.
    pub(crate) name: &'static str,
    pub(crate) yes: bool,
    /// What the word says besides, and the property for that.
    pub(crate) beside: Option<(&'static str, &'w str)>,
}

/// What a word of an older document says by yes or no today; none for other words, which are read as they are.
pub(crate) fn reworded<'w>(class: Class, name: &str, word: &'w str) -> Option<Reworded<'w>> {
    use Class::*;
    let of = |name, yes, beside| Some(Reworded { name, yes, beside });
    let place = |name, none, place| match word == none {
        true => of(name, false, None),
        false => of(name, true, Some((place, word))),
    };
    let (bar, buttons, preview) = (
        "showProgressBar",
        "showNavigationButtons",
        "showPreviewBeforeComplete",
    );
    match (class, name, word) {
        (_, _, "true" | "false") => None,
        (Survey, "showProgressBar", _) => place(bar, "off", "progressBarLocation"),
        (Survey, "showNavigationButtons", "both") => of(
            buttons,
            true,
            Some(("navigationButtonsLocation", "topBottom")),
        ),
        (Survey, "showNavigationButtons", _) => place(buttons, "none", "navigationButtonsLocation"),
        (Survey, "showTimerPanel", _) => place("showTimer", "none", "timerLocation"),
        (Survey, "showPreviewBeforeComplete", "noPreview") => of(preview, false, None),
        (Survey, "showPreviewBeforeComplete", "showAllQuestions") => {
            of(preview, true, Some(("previewMode", "allQuestions")))
        }
        (Survey, "showPreviewBeforeComplete", "showAnsweredQuestions") => {
            of(preview, true, Some(("previewMode", "answeredQuestions")))
        }
        (Survey, "goNextPageAutomatic", "autogonext") => of("autoAdvanceEnabled", true, None),
        (Page, "navigationButtonsVisibility", "show" | "hide") => of(buttons, word == "show", None),
        (PanelDynamic, "showRangeInProgress" | "showProgressBar", _) => {
            of(bar, word != "off", None)
        }
        (_, "columnLayout" | "columnsLocation", "vertical" | "horizontal") => {
            of("transposeData", word == "vertical", None)
        }
        _ => None,
    }
}

const BUTTON: Group = &[];
const QUESTION: Group = &[
    (Plain, "name state valueName clearIfInvisible"),
    (
        Flag,
        "visible useDisplayValuesInDynamicTexts showNumber isRequired readOnly showCommentArea",
    ),
    (
        Shape::Expression,
        "visibleIf enableIf resetValueIf setValueIf setValueExpression defaultValueExpression requiredIf",
    ),
    (
        Localised,
        "title description requiredErrorText commentText defaultDisplayValue",
    ),
    (Any, "defaultValue correctAnswer"),
    (Validators, "validators"),
];
const SELECT: Group = &[
    (
        Plain,
        "choicesFromQuestion choicesFromQuestionMode choiceValuesFromQuestion choiceTextsFromQuestion storeOthersAsComment",
    ),
    (Single(ChoicesByUrl), "choicesByUrl"),
    (
        Flag,
        "hideIfChoicesEmpty showOtherItem showNoneItem showRefuseItem showDontKnowItem",
    ),
    (Shape::Expression, "choicesVisibleIf choicesEnableIf"),
    (
        Localised,
        "noneText refuseText dontKnowText otherText otherErrorText",
    ),
];
const PANEL: Group = &[
    (Plain, "name state"),
    (Elements, "elements"),
    (Flag, "visible readOnly isRequired showNumber"),
    (Shape::Expression, "visibleIf enableIf requiredIf"),
    (Localised, "title description requiredErrorText"),
];
const MATRIX: Group = &[(Shape::Expression, "columnsVisibleIf rowsVisibleIf")];
const CELLS: Group = &[
    (Nodes(Column), "columns"),
    (Elements, "detailElements"),
    (Plain, "cellType"),
    (Choices(Item), "choices"),
    (Localised, "placeholder keyDuplicationError"),
];
const ITEM: Group = &[
    (Any, "value"),
    (Localised, "text"),
    (Shape::Expression, "visibleIf enableIf"),
];
const CHECKS: Group = &[
    (Flag, "showSelectAllItem"),
    (Number, "maxSelectedChoices minSelectedChoices"),
    (Localised, "selectAllText"),
    (Plain, "valuePropertyName"),
];
const SURVEY: Group = &[
    (
        Plain,
        "locale navigateToUrl clearInvisibleValues checkErrorsMode questionsOnPageMode",
    ),
    (Localised, "title description completedHtml"),
    (Flag, "readOnly storeOthersAsComment firstPageIsStartPage"),
    (Nodes(HtmlCondition), "completedHtmlOnCondition"),
    (Nodes(Page), "pages"),
    (Elements, "elements"),
    (Triggers, "triggers"),
    (Nodes(CalculatedValue), "calculatedValues"),
    (Nodes(UrlCondition), "navigateToUrlOnCondition"),
];
const PAGE: Group = &[];
const TEXT: Group = &[
    (Plain, "inputType autocomplete maskType"),
    (Single(Mask), "maskSettings"),
    (Number, "step maxLength"),
    (Any, "min max"),
    (Shape::Expression, "minValueExpression maxValueExpression"),
    (Localised, "minErrorText maxErrorText placeholder"),
];
const COMMENT: Group = &[(Number, "maxLength rows"), (Localised, "placeholder")];
const RATING: Group = &[
    (Plain, "rateType autoGenerate"),
    (Number, "rateCount rateMin rateMax rateStep"),
    (Choices(Item), "rateValues"),
    (Localised, "minRateDescription maxRateDescription"),
];
const RADIO: Group = &[(Choices(Choice), "choices")];
const DROPDOWN: Group = &[
    (Choices(Choice), "choices"),
    (Localised, "placeholder"),
    (Number, "choicesMin choicesMax choicesStep"),
    (Plain, "autocomplete"),
    (Flag, "allowCustomChoices"),
];
const CHECKBOX: Group = &[(Choices(Choice), "choices")];
const TAGBOX: Group = &[
    (Choices(Choice), "choices"),
    (Localised, "placeholder"),
    (Flag, "allowCustomChoices"),
];
const RANKING: Group = &[(Choices(Choice), "choices"), (Flag, "selectToRankEnabled")];
const IMAGE_PICKER: Group = &[
    (Choices(ImageItem), "choices"),
    (Plain, "placeholder"),
    (Flag, "multiSelect"),
];
const BOOLEAN: Group = &[
    (Localised, "labelTrue labelFalse"),
    (Any, "valueTrue valueFalse"),
];
const SIMPLE_MATRIX: Group = &[
    (Plain, "cellType"),
    (Choices(MatrixColumn), "columns"),
    (Choices(Item), "rows"),
    (Flag, "eachRowRequired eachRowUnique hideIfRowsEmpty"),
];
const MATRIX_DROPDOWN: Group = &[(Choices(Item), "rows"), (Flag, "hideIfRowsEmpty")];
const MATRIX_DYNAMIC: Group = &[
    (
        Flag,
        "allowAddRows allowRemoveRows copyDefaultValueFromLastEntry",
    ),
    (Number, "rowCount minRowCount maxRowCount"),
    (Shape::Expression, "rowCountExpression"),
    (Plain, "keyName"),
    (Any, "defaultRowValue"),
];
const MULTIPLE_TEXT: Group = &[(Nodes(TextItem), "items")];
const PANEL_DYNAMIC: Group = &[
    (Elements, "templateElements"),
    (
        Localised,
        "templateTitle templateDescription keyDuplicationError",
    ),
    (
        Flag,
        "allowAddPanel allowRemovePanel copyDefaultValueFromLastEntry",
    ),
    (Plain, "keyName"),
    (Number, "panelCount minPanelCount maxPanelCount"),
    (Shape::Expression, "panelCountExpression templateVisibleIf"),
    (Any, "defaultPanelValue"),
];
const EXPRESSION: Group = &[
    (Shape::Expression, "expression"),
    (Localised, "format"),
    (Plain, "displayStyle currency"),
    (
        Number,
        "maximumFractionDigits minimumFractionDigits precision",
    ),
    (Flag, "useGrouping"),
];
const SLIDER: Group = &[
    (Plain, "sliderType"),
    (Number, "min max step"),
    (Shape::Expression, "minValueExpression maxValueExpression"),
];
const FILE: Group = &[(Flag, "allowMultiple"), (Number, "maxSize maxFiles")];
const SIGNATURE: Group = &[(Localised, "placeholder")];
const HTML: Group = &[(Localised, "html")];
const IMAGE: Group = &[(Localised, "imageLink altText")];
const BUTTONS: Group = &[(Choices(Button), "choices")];
const IMAGE_MAP: Group = &[
    (Plain, "imageLink valuePropertyName"),
    (Flag, "multiSelect"),
];
const COLUMN: Group = &[
    (Plain, "cellType totalType"),
    (Flag, "isUnique"),
    (Shape::Expression, "totalExpression"),
];
const TEXT_ITEM: Group = &[
    (Plain, "name inputType"),
    (Flag, "isRequired"),
    (Localised, "placeholder title requiredErrorText"),
    (Number, "maxLength"),
    (
        Shape::Expression,
        "defaultValueExpression minValueExpression maxValueExpression",
    ),
    (Validators, "validators"),
];
const CHOICE: Group = &[(Flag, "showCommentArea"), (Elements, "elements")];
const MATRIX_COLUMN: Group = &[];
const IMAGE_ITEM: Group = &[(Localised, "imageLink")];
const SLIDER_LABEL: Group = &[];
const AREA: Group = &[];
const CALCULATED_VALUE: Group = &[
    (Plain, "name"),
    (Shape::Expression, "expression"),
    (Flag, "includeIntoResult"),
];
const HTML_CONDITION: Group = &[(Shape::Expression, "expression"), (Localised, "html")];
const URL_CONDITION: Group = &[(Shape::Expression, "expression"), (Localised, "url")];
const TRIGGER: Group = &[
    (Plain, "operator name"),
    (Any, "value"),
    (Shape::Expression, "expression"),
];
const VISIBLE_TRIGGER: Group = &[(Any, "pages questions")];
const SET_TRIGGER: Group = &[
    (Plain, "setToName"),
    (Any, "setValue"),
    (Flag, "isVariable"),
];
const COPY_TRIGGER: Group = &[(Plain, "fromName setToName"), (Flag, "copyDisplayValue")];
const SKIP_TRIGGER: Group = &[(Plain, "gotoName")];
const RUN_TRIGGER: Group = &[(Plain, "setToName"), (Shape::Expression, "runExpression")];
const VALIDATOR: Group = &[(Localised, "text"), (Plain, "notificationType")];
const NUMERIC_VALIDATOR: Group = &[(Number, "minValue maxValue")];
const TEXT_VALIDATOR: Group = &[(Number, "minLength maxLength"), (Flag, "allowDigits")];
const COUNT_VALIDATOR: Group = &[(Number, "minCount maxCount")];
const REGEX_VALIDATOR: Group = &[(Plain, "regex"), (Flag, "caseInsensitive")];
const EXPRESSION_VALIDATOR: Group = &[(Shape::Expression, "expression")];
const CHOICES_BY_URL: Group = &[(Plain, "url valueName")];
const MASK: Group = &[
    (Plain, "pattern"),
    (Flag, "saveMaskedValue"),
    (Number, "precision"),
    (Any, "min max"),
];

const BUTTON_LAYOUT: Group = &[(Plain, "iconName iconSize"), (Flag, "showCaption")];
const QUESTION_LAYOUT: Group = &[
    (
        Plain,
        "width minWidth maxWidth titleLocation descriptionLocation errorLocation renderAs randomizeCategory",
    ),
    (Flag, "startWithNewLine randomize"),
    (Number, "colSpan indent"),
    (Localised, "commentPlaceholder"),
    (Any, "bindings"),
];
const SELECT_LAYOUT: Group = &[
    (Plain, "choicesOrder itemComponent"),
    (Flag, "separateSpecialChoices allowClear"),
    (Localised, "otherPlaceholder"),
];
const PANEL_LAYOUT: Group = &[
    (
        Plain,
        "questionTitleWidth questionTitleLocation questionOrder questionErrorLocation width minWidth maxWidth showQuestionNumbers questionStartIndex",
    ),
    (Flag, "startWithNewLine allowAdaptiveActions"),
    (Any, "gridLayoutColumns"),
    (Number, "colSpan innerIndent indent"),
];
const MATRIX_LAYOUT: Group = &[
    (Plain, "columnMinWidth verticalAlign displayMode"),
    (Flag, "showHeader alternateRows"),
];
const CELLS_LAYOUT: Group = &[
    (Flag, "transposeData horizontalScroll allowAdaptiveActions"),
    (
        Plain,
        "detailPanelMode cellErrorLocation detailErrorLocation columnColCount",
    ),
    (Localised, "singleInputTitleTemplate"),
];
const ITEM_LAYOUT: Group = &[
    (Flag, "randomize"),
    (Plain, "randomizeCategory"),
    (Number, "score"),
];
const SURVEY_LAYOUT: Group = &[
    (
        Plain,
        "logoWidth logoHeight logoFit logoPosition sjsVersion $schema surveyId surveyPostId cookieName navigationButtonsLocation questionOrder matrixDragHandleArea showQuestionNumbers questionTitleLocation questionDescriptionLocation questionErrorLocation progressBarLocation progressBarType progressBarNavigationTextLocation progressBarInheritWidthFrom tocLocation tocItemComponent textUpdateMode requiredMark questionStartIndex questionTitlePattern previewMode timerLocation timerInfoMode widthMode width headerView backgroundImage backgroundImageFit backgroundImageAttachment",
    ),
    (Any, "regionalFormat"),
    (
        Localised,
        "logo completedBeforeHtml loadingHtml startSurveyText pagePrevText pageNextText completeText previewText editText",
    ),
    (
        Flag,
        "autoFocusFirstQuestion autoFocusFirstError surveyShowDataSaving partialSendEnabled showNavigationButtons showPrevButton showTitle showPageTitles showCompletePage showPageNumbers showProgressBar progressBarShowNavigationText progressBarShowPageNumbers showTOC autoAdvanceEnabled autoAdvanceAllowComplete validateVisitedEmptyFields autoGrowComment allowResizeComment showPreviewBeforeComplete showTimer gridLayoutEnabled fitToContainer showBrandInfo",
    ),
    (
        Number,
        "maxTextLength maxCommentLength commentAreaRows timeLimit timeLimitPerPage backgroundOpacity",
    ),
];
const PAGE_LAYOUT: Group = &[
    (Flag, "showNavigationButtons"),
    (Number, "timeLimit"),
    (Localised, "navigationTitle navigationDescription"),
];
const TEXT_LAYOUT: Group = &[
    (Plain, "textUpdateMode inputTextAlignment"),
    (Number, "inputSize"),
    (Any, "dataList"),
    (Localised, "stepErrorText"),
];
const COMMENT_LAYOUT: Group = &[
    (Plain, "textUpdateMode"),
    (Flag, "autoGrow allowResize acceptCarriageReturn"),
];
const RATING_LAYOUT: Group = &[
    (
        Plain,
        "scaleColorMode rateColorMode rateDescriptionLocation displayMode itemComponent",
    ),
    (Flag, "displayRateDescriptionsAsExtremeItems"),
];
const RADIO_LAYOUT: Group = &[(Number, "colCount")];
const DROPDOWN_LAYOUT: Group = &[
    (Localised, "createCustomChoiceText"),
    (Number, "choicesLazyLoadPageSize"),
    (Plain, "searchMode inputFieldComponent"),
    (Flag, "textWrapEnabled searchEnabled choicesLazyLoadEnabled"),
];
const CHECKBOX_LAYOUT: Group = &[(Number, "colCount")];
const TAGBOX_LAYOUT: Group = &[
    (Number, "colCount choicesLazyLoadPageSize"),
    (Localised, "createCustomChoiceText"),
    (
        Flag,
        "searchEnabled textWrapEnabled choicesLazyLoadEnabled hideSelectedItems closeOnSelect",
    ),
    (Plain, "searchMode"),
];
const RANKING_LAYOUT: Group = &[
    (Flag, "selectToRankSwapAreas"),
    (Plain, "selectToRankAreasLayout"),
    (
        Localised,
        "selectToRankEmptyRankedAreaText selectToRankEmptyUnrankedAreaText",
    ),
];
const IMAGE_PICKER_LAYOUT: Group = &[
    (Number, "colCount imageHeight imageWidth"),
    (
        Plain,
        "contentMode imageFit minImageWidth minImageHeight maxImageWidth maxImageHeight",
    ),
    (Flag, "showLabel"),
];
const BOOLEAN_LAYOUT: Group = &[(Flag, "swapOrder useTitleAsLabel"), (Plain, "displayMode")];
const SIMPLE_MATRIX_LAYOUT: Group = &[
    (Plain, "rowTitleWidth rowOrder cellComponent"),
    (Any, "cells"),
];
const MATRIX_DROPDOWN_LAYOUT: Group =
    &[(Plain, "rowTitleWidth rowOrder"), (Localised, "totalText")];
const MATRIX_DYNAMIC_LAYOUT: Group = &[
    (
        Flag,
        "confirmDelete hideColumnsIfEmpty detailPanelShowOnAdding allowRowReorder",
    ),
    (Plain, "addRowButtonLocation"),
    (
        Localised,
        "confirmDeleteText addRowText removeRowText noRowsText",
    ),
];
const MULTIPLE_TEXT_LAYOUT: Group = &[
    (Number, "inputSize colCount"),
    (Plain, "itemErrorLocation itemTitleWidth"),
];
const PANEL_DYNAMIC_LAYOUT: Group = &[
    (
        Localised,
        "templateTabTitle tabTitlePlaceholder noEntriesText confirmDeleteText addPanelText removePanelText prevPanelText nextPanelText",
    ),
    (Flag, "confirmDelete showProgressBar"),
    (
        Plain,
        "newPanelPosition panelsState showQuestionNumbers questionStartIndex displayMode progressBarLocation tabAlign templateQuestionTitleLocation templateQuestionTitleWidth templateErrorLocation removePanelButtonLocation",
    ),
];
const SLIDER_LAYOUT: Group = &[
    (Plain, "tooltipVisibility labelFormat tooltipFormat"),
    (Number, "minRangeLength maxRangeLength labelCount"),
    (Choices(SliderLabel), "customLabels"),
    (Flag, "showLabels allowDragRange allowSwap allowClear"),
];
const FILE_LAYOUT: Group = &[
    (
        Flag,
        "showPreview allowImagesPreview storeDataAsText waitForUpload confirmDelete allowCameraAccess",
    ),
    (
        Plain,
        "imageHeight imageWidth acceptedTypes sourceType cameraFacingMode",
    ),
    (Any, "acceptedCategories"),
    (
        Localised,
        "fileOrPhotoPlaceholder photoPlaceholder filePlaceholder",
    ),
];
const SIGNATURE_LAYOUT: Group = &[
    (
        Number,
        "signatureWidth signatureHeight penMinWidth penMaxWidth height",
    ),
    (
        Flag,
        "signatureAutoScaleEnabled allowClear showPlaceholder storeDataAsText waitForUpload",
    ),
    (Localised, "placeholderReadOnly"),
    (Plain, "backgroundImage penColor backgroundColor dataFormat"),
];
const IMAGE_LAYOUT: Group = &[(Plain, "contentMode imageFit imageHeight imageWidth")];
const BUTTONS_LAYOUT: Group = &[(Number, "colCount")];
const IMAGE_MAP_LAYOUT: Group = &[
    (
        Plain,
        "shape idleFillColor idleStrokeColor hoverFillColor hoverStrokeColor selectedFillColor selectedStrokeColor",
    ),
    (Choices(Area), "areas"),
    (
        Number,
        "idleStrokeWidth hoverStrokeWidth selectedStrokeWidth maxSelectedAreas minSelectedAreas",
    ),
];
const COLUMN_LAYOUT: Group = &[
    (Localised, "cellHint totalFormat"),
    (Plain, "totalDisplayStyle totalAlignment totalCurrency"),
    (Any, "colCount"),
    (Flag, "showInMultipleColumns"),
    (
        Number,
        "totalMaximumFractionDigits totalMinimumFractionDigits",
    ),
];
const TEXT_ITEM_LAYOUT: Group = &[(Plain, "inputTextAlignment"), (Number, "inputSize")];
const CHOICE_LAYOUT: Group = &[
    (Flag, "isCommentRequired"),
    (Localised, "commentPlaceholder"),
];
const MATRIX_COLUMN_LAYOUT: Group = &[(Flag, "isExclusive")];
const SLIDER_LABEL_LAYOUT: Group = &[(Flag, "showValue")];
const AREA_LAYOUT: Group = &[
    (
        Plain,
        "shape coords idleFillColor idleStrokeColor hoverFillColor hoverStrokeColor selectedFillColor selectedStrokeColor",
    ),
    (
        Number,
        "idleStrokeWidth hoverStrokeWidth selectedStrokeWidth",
    ),
];
const CHOICES_BY_URL_LAYOUT: Group = &[
    (Plain, "path titleName imageLinkName"),
    (Flag, "allowEmptyResponse attachData"),
];
const MASK_LAYOUT: Group = &[
    (Flag, "allowNegativeValues"),
    (
        Plain,
        "decimalSeparator thousandsSeparator currencySymbol currencyPattern patternPreset",
    ),
];
