# A Request Tracker as a company might have it: two queues, an agent, a customer who has been there before, the account
# of the portal, and the custom fields that docs/connecting.md asks for.
our @Queues = (
    { Name => 'Support',    Description => 'Support requests' },
    { Name => 'Complaints', Description => 'Complaints' },
);

our @Users = (
    {
        Name         => 'portal',
        Password     => 'portal-password-1',
        Privileged   => 1,
        EmailAddress => 'portal@rt.test',
    },
    {
        Name         => 'agent',
        Password     => 'agent-password-1',
        Privileged   => 1,
        EmailAddress => 'agent@rt.test',
        RealName     => 'Ada Agent',
    },
    # The name of an account need not be its address.
    {
        Name         => 'alice',
        Password     => 'alice-password-1',
        Privileged   => 0,
        EmailAddress => 'alice@example.test',
        RealName     => 'Alice Example',
    },
);

my @tickets = ( LookupType => 'RT::Queue-RT::Ticket', Queue => [ 'Support', 'Complaints' ] );

our @CustomFields = (
    { Name => 'Portal Key',   Type => 'FreeformSingle', @tickets },
    { Name => 'Portal State', Type => 'FreeformSingle', @tickets },
    { Name => 'Order Number', Type => 'FreeformSingle', @tickets },
    {
        Name   => 'Product',
        Type   => 'SelectSingle',
        Values => [ { Name => 'Router', SortOrder => 1 }, { Name => 'TV box', SortOrder => 2 } ],
        @tickets,
    },
);

our @ACL = (
    {
        GroupDomain => 'SystemInternal',
        GroupType   => 'Privileged',
        Right       => [
            qw(CreateTicket SeeQueue ShowTicket ShowTicketComments ReplyToTicket CommentOnTicket),
            qw(ModifyTicket OwnTicket SeeCustomField ModifyCustomField),
        ],
    },
    # The mail gateway lets in whom these let in.
    {
        GroupDomain => 'RT::System-Role',
        GroupType   => 'Requestor',
        Right       => [qw(ReplyToTicket)],
    },
);
1;
