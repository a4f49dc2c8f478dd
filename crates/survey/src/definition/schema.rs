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

    /// Every property that it may have. A name that stands twice counts where it stands first.
    pub(crate) fn properties(self) -> impl Iterator<Item = (&'static str, Shape)> {
        let groups = self.groups().iter().copied().flatten();
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
}

fn of(kinds: &[(&str, Class)], name: &str) -> Option<Class> {
    kinds
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, class)| *class)
}

/// Older names of properties, and what they are called now; they hold where the older name is not known.
pub(crate) const RENAMED: &[(&str, &str)] = &[
    ("focusFirstQuestionAutomatic", "autoFocusFirstQuestion"),
    ("focusOnFirstError", "autoFocusFirstError"),
    ("questions", "elements"),
    ("questions", "templateElements"),
    ("sendResultOnPageNext", "partialSendEnabled"),
    ("showCompletedPage", "showCompletePage"),
    ("questionsOrder", "questionOrder"),
    ("progressBarShowPageTitles", "progressBarShowNavigationText"),
    ("maxOthersLength", "maxCommentLength"),
    ("goNextPageAutomatic", "autoAdvanceEnabled"),
    ("allowCompleteSurveyAutomatic", "autoAdvanceAllowComplete"),
    ("requiredText", "requiredMark"),
    ("firstPageIsStarted", "firstPageIsStartPage"),
    ("maxTimeToFinish", "timeLimit"),
    ("maxTimeToFinishPage", "timeLimitPerPage"),
    ("showTimerPanelMode", "timerInfoMode"),
    ("showTimerPanel", "timerLocation"),
    ("navigationButtonsVisibility", "showNavigationButtons"),
    ("useDisplayValuesInTitle", "useDisplayValuesInDynamicTexts"),
    ("hasComment", "showCommentArea"),
    ("commentPlaceHolder", "commentPlaceholder"),
    ("hasOther", "showOtherItem"),
    ("hasNone", "showNoneItem"),
    ("hasSelectAll", "showSelectAllItem"),
    ("otherPlaceHolder", "otherPlaceholder"),
    ("placeHolder", "placeholder"),
    ("optionsCaption", "placeholder"),
    ("showOptionsCaption", "allowClear"),
    ("showClearButton", "allowClear"),
    ("rateDisplayMode", "rateType"),
    ("mininumRateDescription", "minRateDescription"),
    ("maximumRateDescription", "maxRateDescription"),
    ("isAllRowRequired", "eachRowRequired"),
    ("rowsOrder", "rowOrder"),
    ("size", "inputSize"),
    ("itemSize", "inputSize"),
    ("autoComplete", "autocomplete"),
    ("emptyRowsText", "noRowsText"),
    ("addRowLocation", "addRowButtonLocation"),
    ("allowRowsDragAndDrop", "allowRowReorder"),
    ("defaultValueFromLastRow", "copyDefaultValueFromLastEntry"),
    ("defaultValueFromLastPanel", "copyDefaultValueFromLastEntry"),
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
    ("insensitive", "caseInsensitive"),
    ("attachOriginalItems", "attachData"),
    ("text", "altText"),
];

const BUTTON: Group = &[(Plain, "iconName iconSize"), (Flag, "showCaption")];
const QUESTION: Group = &[
    (
        Plain,
        "name state width minWidth maxWidth titleLocation descriptionLocation valueName clearIfInvisible \
         errorLocation renderAs randomizeCategory",
    ),
    (
        Flag,
        "visible useDisplayValuesInDynamicTexts startWithNewLine showNumber isRequired readOnly \
         showCommentArea randomize",
    ),
    (
        Shape::Expression,
        "visibleIf enableIf resetValueIf setValueIf setValueExpression defaultValueExpression requiredIf",
    ),
    (Number, "colSpan indent"),
    (
        Localised,
        "title description requiredErrorText commentText commentPlaceholder defaultDisplayValue",
    ),
    (Any, "defaultValue correctAnswer bindings"),
    (Validators, "validators"),
];
const SELECT: Group = &[
    (
        Plain,
        "choicesFromQuestion choicesFromQuestionMode choiceValuesFromQuestion choiceTextsFromQuestion \
         choicesOrder storeOthersAsComment itemComponent",
    ),
    (Single(ChoicesByUrl), "choicesByUrl"),
    (
        Flag,
        "hideIfChoicesEmpty separateSpecialChoices showOtherItem showNoneItem showRefuseItem showDontKnowItem \
         allowClear",
    ),
    (Shape::Expression, "choicesVisibleIf choicesEnableIf"),
    (
        Localised,
        "otherPlaceholder noneText refuseText dontKnowText otherText otherErrorText",
    ),
];
const PANEL: Group = &[
    (
        Plain,
        "name questionTitleWidth questionTitleLocation questionOrder questionErrorLocation state width \
         minWidth maxWidth showQuestionNumbers questionStartIndex",
    ),
    (Elements, "elements"),
    (
        Flag,
        "visible readOnly isRequired startWithNewLine showNumber allowAdaptiveActions",
    ),
    (Shape::Expression, "visibleIf enableIf requiredIf"),
    (Any, "gridLayoutColumns"),
    (Localised, "title description requiredErrorText"),
    (Number, "colSpan innerIndent indent"),
];
const MATRIX: Group = &[
    (Shape::Expression, "columnsVisibleIf rowsVisibleIf"),
    (Plain, "columnMinWidth verticalAlign displayMode"),
    (Flag, "showHeader alternateRows"),
];
const CELLS: Group = &[
    (Nodes(Column), "columns"),
    (Flag, "transposeData horizontalScroll allowAdaptiveActions"),
    (Elements, "detailElements"),
    (
        Plain,
        "detailPanelMode cellErrorLocation detailErrorLocation cellType columnColCount",
    ),
    (Choices(Item), "choices"),
    (
        Localised,
        "placeholder keyDuplicationError singleInputTitleTemplate",
    ),
];
const ITEM: Group = &[
    (Any, "value"),
    (Localised, "text"),
    (Shape::Expression, "visibleIf enableIf"),
    (Flag, "randomize"),
    (Plain, "randomizeCategory"),
    (Number, "score"),
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
        "locale logoWidth logoHeight logoFit logoPosition sjsVersion $schema surveyId surveyPostId cookieName \
         navigationButtonsLocation navigateToUrl questionOrder matrixDragHandleArea showQuestionNumbers \
         questionTitleLocation questionDescriptionLocation questionErrorLocation progressBarLocation \
         progressBarType progressBarNavigationTextLocation progressBarInheritWidthFrom tocLocation \
         tocItemComponent clearInvisibleValues checkErrorsMode textUpdateMode requiredMark questionStartIndex \
         questionTitlePattern questionsOnPageMode previewMode timerLocation timerInfoMode widthMode width \
         headerView backgroundImage backgroundImageFit backgroundImageAttachment",
    ),
    (Any, "regionalFormat"),
    (
        Localised,
        "title description logo completedHtml completedBeforeHtml loadingHtml startSurveyText pagePrevText \
         pageNextText completeText previewText editText",
    ),
    (
        Flag,
        "autoFocusFirstQuestion autoFocusFirstError surveyShowDataSaving partialSendEnabled \
         showNavigationButtons showPrevButton showTitle showPageTitles showCompletePage showPageNumbers \
         showProgressBar progressBarShowNavigationText progressBarShowPageNumbers showTOC readOnly \
         storeOthersAsComment autoAdvanceEnabled autoAdvanceAllowComplete validateVisitedEmptyFields \
         autoGrowComment allowResizeComment firstPageIsStartPage showPreviewBeforeComplete showTimer \
         gridLayoutEnabled fitToContainer showBrandInfo",
    ),
    (Nodes(HtmlCondition), "completedHtmlOnCondition"),
    (Nodes(Page), "pages"),
    (Elements, "elements"),
    (Triggers, "triggers"),
    (Nodes(CalculatedValue), "calculatedValues"),
    (Nodes(UrlCondition), "navigateToUrlOnCondition"),
    (
        Number,
        "maxTextLength maxCommentLength commentAreaRows timeLimit timeLimitPerPage backgroundOpacity",
    ),
];
const PAGE: Group = &[
    (Flag, "showNavigationButtons"),
    (Number, "timeLimit"),
    (Localised, "navigationTitle navigationDescription"),
];
const TEXT: Group = &[
    (
        Plain,
        "inputType textUpdateMode autocomplete inputTextAlignment maskType",
    ),
    (Number, "inputSize step maxLength"),
    (Any, "min max dataList"),
    (Shape::Expression, "minValueExpression maxValueExpression"),
    (
        Localised,
        "minErrorText maxErrorText stepErrorText placeholder",
    ),
    (Single(Mask), "maskSettings"),
];
const COMMENT: Group = &[
    (Number, "maxLength rows"),
    (Localised, "placeholder"),
    (Plain, "textUpdateMode"),
    (Flag, "autoGrow allowResize acceptCarriageReturn"),
];
const RATING: Group = &[
    (
        Plain,
        "rateType scaleColorMode rateColorMode autoGenerate rateDescriptionLocation displayMode itemComponent",
    ),
    (Number, "rateCount rateMin rateMax rateStep"),
    (Choices(Item), "rateValues"),
    (Localised, "minRateDescription maxRateDescription"),
    (Flag, "displayRateDescriptionsAsExtremeItems"),
];
const RADIO: Group = &[(Choices(Choice), "choices"), (Number, "colCount")];
const DROPDOWN: Group = &[
    (Choices(Choice), "choices"),
    (Localised, "placeholder createCustomChoiceText"),
    (
        Number,
        "choicesMin choicesMax choicesStep choicesLazyLoadPageSize",
    ),
    (Plain, "autocomplete searchMode inputFieldComponent"),
    (
        Flag,
        "textWrapEnabled searchEnabled allowCustomChoices choicesLazyLoadEnabled",
    ),
];
const CHECKBOX: Group = &[(Choices(Choice), "choices"), (Number, "colCount")];
const TAGBOX: Group = &[
    (Choices(Choice), "choices"),
    (Number, "colCount choicesLazyLoadPageSize"),
    (Localised, "placeholder createCustomChoiceText"),
    (
        Flag,
        "searchEnabled allowCustomChoices textWrapEnabled choicesLazyLoadEnabled hideSelectedItems \
         closeOnSelect",
    ),
    (Plain, "searchMode"),
];
const RANKING: Group = &[
    (Choices(Choice), "choices"),
    (Flag, "selectToRankEnabled selectToRankSwapAreas"),
    (Plain, "selectToRankAreasLayout"),
    (
        Localised,
        "selectToRankEmptyRankedAreaText selectToRankEmptyUnrankedAreaText",
    ),
];
const IMAGE_PICKER: Group = &[
    (Choices(ImageItem), "choices"),
    (Number, "colCount imageHeight imageWidth"),
    (
        Plain,
        "placeholder contentMode imageFit minImageWidth minImageHeight maxImageWidth maxImageHeight",
    ),
    (Flag, "showLabel multiSelect"),
];
const BOOLEAN: Group = &[
    (Localised, "labelTrue labelFalse"),
    (Any, "valueTrue valueFalse"),
    (Flag, "swapOrder useTitleAsLabel"),
    (Plain, "displayMode"),
];
const SIMPLE_MATRIX: Group = &[
    (Plain, "rowTitleWidth rowOrder cellComponent cellType"),
    (Choices(MatrixColumn), "columns"),
    (Choices(Item), "rows"),
    (Any, "cells"),
    (Flag, "eachRowRequired eachRowUnique hideIfRowsEmpty"),
];
const MATRIX_DROPDOWN: Group = &[
    (Choices(Item), "rows"),
    (Plain, "rowTitleWidth rowOrder"),
    (Localised, "totalText"),
    (Flag, "hideIfRowsEmpty"),
];
const MATRIX_DYNAMIC: Group = &[
    (
        Flag,
        "allowAddRows allowRemoveRows copyDefaultValueFromLastEntry confirmDelete hideColumnsIfEmpty \
         detailPanelShowOnAdding allowRowReorder",
    ),
    (Number, "rowCount minRowCount maxRowCount"),
    (Shape::Expression, "rowCountExpression"),
    (Plain, "keyName addRowButtonLocation"),
    (Any, "defaultRowValue"),
    (
        Localised,
        "confirmDeleteText addRowText removeRowText noRowsText",
    ),
];
const MULTIPLE_TEXT: Group = &[
    (Nodes(TextItem), "items"),
    (Number, "inputSize colCount"),
    (Plain, "itemErrorLocation itemTitleWidth"),
];
const PANEL_DYNAMIC: Group = &[
    (Elements, "templateElements"),
    (
        Localised,
        "templateTitle templateTabTitle tabTitlePlaceholder templateDescription noEntriesText \
         keyDuplicationError confirmDeleteText addPanelText removePanelText prevPanelText nextPanelText",
    ),
    (
        Flag,
        "allowAddPanel allowRemovePanel copyDefaultValueFromLastEntry confirmDelete showProgressBar",
    ),
    (
        Plain,
        "newPanelPosition panelsState keyName showQuestionNumbers questionStartIndex displayMode \
         progressBarLocation tabAlign templateQuestionTitleLocation templateQuestionTitleWidth \
         templateErrorLocation removePanelButtonLocation",
    ),
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
    (
        Plain,
        "sliderType tooltipVisibility labelFormat tooltipFormat",
    ),
    (
        Number,
        "min max step minRangeLength maxRangeLength labelCount",
    ),
    (Shape::Expression, "minValueExpression maxValueExpression"),
    (Choices(SliderLabel), "customLabels"),
    (Flag, "showLabels allowDragRange allowSwap allowClear"),
];
const FILE: Group = &[
    (
        Flag,
        "showPreview allowMultiple allowImagesPreview storeDataAsText waitForUpload confirmDelete \
         allowCameraAccess",
    ),
    (
        Plain,
        "imageHeight imageWidth acceptedTypes sourceType cameraFacingMode",
    ),
    (Any, "acceptedCategories"),
    (Number, "maxSize maxFiles"),
    (
        Localised,
        "fileOrPhotoPlaceholder photoPlaceholder filePlaceholder",
    ),
];
const SIGNATURE: Group = &[
    (
        Number,
        "signatureWidth signatureHeight penMinWidth penMaxWidth height",
    ),
    (
        Flag,
        "signatureAutoScaleEnabled allowClear showPlaceholder storeDataAsText waitForUpload",
    ),
    (Localised, "placeholder placeholderReadOnly"),
    (Plain, "backgroundImage penColor backgroundColor dataFormat"),
];
const HTML: Group = &[(Localised, "html")];
const IMAGE: Group = &[
    (Localised, "imageLink altText"),
    (Plain, "contentMode imageFit imageHeight imageWidth"),
];
const BUTTONS: Group = &[(Choices(Button), "choices"), (Number, "colCount")];
const IMAGE_MAP: Group = &[
    (
        Plain,
        "imageLink valuePropertyName shape idleFillColor idleStrokeColor hoverFillColor hoverStrokeColor \
         selectedFillColor selectedStrokeColor",
    ),
    (Choices(Area), "areas"),
    (Flag, "multiSelect"),
    (
        Number,
        "idleStrokeWidth hoverStrokeWidth selectedStrokeWidth maxSelectedAreas minSelectedAreas",
    ),
];
const COLUMN: Group = &[
    (Localised, "cellHint totalFormat"),
    (
        Plain,
        "cellType totalType totalDisplayStyle totalAlignment totalCurrency",
    ),
    (Any, "colCount"),
    (Flag, "isUnique showInMultipleColumns"),
    (Shape::Expression, "totalExpression"),
    (
        Number,
        "totalMaximumFractionDigits totalMinimumFractionDigits",
    ),
];
const TEXT_ITEM: Group = &[
    (Plain, "name inputType maskType inputTextAlignment"),
    (Flag, "isRequired"),
    (Localised, "placeholder title requiredErrorText"),
    (Single(Mask), "maskSettings"),
    (Number, "maxLength inputSize"),
    (
        Shape::Expression,
        "defaultValueExpression minValueExpression maxValueExpression",
    ),
    (Validators, "validators"),
];
const CHOICE: Group = &[
    (Flag, "showCommentArea isCommentRequired"),
    (Localised, "commentPlaceholder"),
    (Elements, "elements"),
];
const MATRIX_COLUMN: Group = &[(Flag, "isExclusive")];
const IMAGE_ITEM: Group = &[(Localised, "imageLink")];
const SLIDER_LABEL: Group = &[(Flag, "showValue")];
const AREA: Group = &[
    (
        Plain,
        "shape coords idleFillColor idleStrokeColor hoverFillColor hoverStrokeColor selectedFillColor \
         selectedStrokeColor",
    ),
    (
        Number,
        "idleStrokeWidth hoverStrokeWidth selectedStrokeWidth",
    ),
];
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
const CHOICES_BY_URL: Group = &[
    (Plain, "url path valueName titleName imageLinkName"),
    (Flag, "allowEmptyResponse attachData"),
];
const MASK: Group = &[
    (Flag, "saveMaskedValue allowNegativeValues"),
    (
        Plain,
        "pattern decimalSeparator thousandsSeparator currencySymbol currencyPattern patternPreset",
    ),
    (Number, "precision"),
    (Any, "min max"),
];
